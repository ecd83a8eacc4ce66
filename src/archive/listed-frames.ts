// The frames of an archive that are too long to be taken whole, held against the seek table while they pass by as one
// stream: zstd checks what is in them, but knows nothing of the table.

import type { Source } from '../storage/source.js';
import { FrameWalker } from '../zstd/frame-walker.js';
import { dataEntries, type FinishedArchive } from './reader/archive-reader.js';
import { checkLongFrame } from './reader/frame-check.js';
import type { SeekTableEntry } from './seek-table.js';

export class ListedFrames {
  readonly #source: Source;
  readonly #walker: FrameWalker;
  readonly #entries: Iterator<SeekTableEntry>;
  #next: SeekTableEntry | undefined;
  #checked = 0;

  constructor({ source, header, ends }: FinishedArchive) {
    this.#source = source;
    this.#walker = new FrameWalker(source, Number.MAX_SAFE_INTEGER, header.frameSize);
    this.#entries = dataEntries(ends);
    this.#advance();
  }

  /** Frames that are as the table says. */
  get checked(): number {
    return this.#checked;
  }

  /** Checks the entries of all frames that begin before `position`. Failure `integrity`. One call at a time. */
  async upTo(position: number): Promise<void> {
    for (let entry = this.#next; entry && entry.offset < position; entry = this.#next) {
      const { offset, compressedBytes: bytes, rawBytes, checksum } = entry;
      const planned = { number: this.#checked + 1, offset, bytes, rawBytes, checksum };
      await checkLongFrame(this.#source, this.#walker, planned);
      this.#checked += 1;
      this.#advance();
    }
  }

  #advance(): void {
    const { done, value } = this.#entries.next();
    this.#next = done ? undefined : value;
  }
}
