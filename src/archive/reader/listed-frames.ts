// The frames of an archive that are too long to be taken whole, held against the seek table while they pass by as one
// stream: zstd checks what is in them, but knows nothing of the table.

import { compressBound } from '../../zstd/frame-header.ts';
import { FrameWalker } from '../../zstd/frame-walker.ts';
import { checkLongFrame } from './frame-check.ts';
import type { FinishedArchive } from './stored-archive.ts';
import type { SeekTableEntry } from './stored-seek-table.ts';

export class ListedFrames {
  readonly #file: string;
  readonly #walker: FrameWalker;
  readonly #entries: AsyncIterator<SeekTableEntry>;
  /** Not checked yet. */
  #next: SeekTableEntry | undefined;
  #checked = 0;
  #ended = false;

  constructor({ source, header, ends }: FinishedArchive) {
    const { frameSize } = header;
    this.#file = source.name;
    this.#walker = new FrameWalker(source, compressBound(frameSize), frameSize);
    this.#entries = ends.table.entries();
  }

  /** Frames that are as the table says. */
  get checked(): number {
    return this.#checked;
  }

  /** Checks the entries of all frames that begin before `position`. Failure `integrity`. One call at a time. */
  async upTo(position: number): Promise<void> {
    for (;;) {
      this.#next ??= await this.#advance();
      if (!this.#next || this.#next.offset >= position) return;
      const { number, offset, compressedBytes: bytes, rawBytes, checksum } = this.#next;
      const planned = { number, offset, bytes, rawBytes, checksum };
      await checkLongFrame(this.#walker, planned, this.#file);
      this.#checked += 1;
      this.#next = undefined;
    }
  }

  async #advance(): Promise<SeekTableEntry | undefined> {
    if (this.#ended) return undefined;
    const { done, value } = await this.#entries.next();
    this.#ended = done === true;
    return done ? undefined : value;
  }
}
