// Streams that SQL Server compressed itself (magic MSSQLBAK). As they pass by, only the first of their records is
// decoded, for the medium; but filemarks stay uncompressed, and a finished stream ends with one.

import type { MtfFacts } from '../facts.ts';
import { MtfRecord } from '../fields.ts';
import { mediaBlockSize } from '../native-block-size.ts';
import {
  containerFormat,
  filemarkAt,
  formatBytes,
  maxMediaBytes,
  unknownVersion,
} from './container.ts';
import { mediaHeaderOf, mssqlbakMedia } from './media.ts';

/** The largest filemark: its size field has 16 bits. */
const tailBytes = 65_536;
/** Filemarks stand on multiples of this. */
const sector = 512;

/** Keeps the last bytes of a stream, and the first record for the medium; fed with consecutive pieces of any size. */
export class CompressedTail {
  readonly #head = new Uint8Array(maxMediaBytes);
  readonly #ring = new Uint8Array(tailBytes);
  #length = 0;

  push(piece: Uint8Array): void {
    if (this.#length < maxMediaBytes)
      this.#head.set(piece.subarray(0, maxMediaBytes - this.#length), this.#length);
    const last = piece.subarray(Math.max(0, piece.length - tailBytes));
    this.#length += piece.length;
    const end = this.#length % tailBytes;
    const wrapped = last.subarray(Math.max(0, last.length - end));
    const rest = last.subarray(0, last.length - wrapped.length);
    this.#ring.set(wrapped, end - wrapped.length);
    this.#ring.set(rest, tailBytes - rest.length);
  }

  /** Why its records cannot be read, in words that follow a name; undefined when its version is known. */
  get unknown(): string | undefined {
    const head = this.#head.subarray(0, Math.min(this.#length, formatBytes));
    const isForeign = head.length === formatBytes && !containerFormat(head);
    return isForeign ? unknownVersion(head) : undefined;
  }

  facts(): MtfFacts {
    const head = this.#head.subarray(0, this.#length);
    const media = mediaHeaderOf(head);
    const blockSize = media && mediaBlockSize(media);
    const before = this.#filemarksBefore(blockSize);
    // One filemark behind the media header, one behind the data of each set, one behind its end.
    const complete = before !== undefined && before >= 2 && before % 2 === 0;
    return {
      compressed: true,
      complete,
      sets: complete ? before / 2 : 0,
      ...mssqlbakMedia(head),
      ...(blockSize !== undefined && { blockSize }),
    };
  }

  /** Filemarks before the one that ends the stream; undefined when none does. */
  #filemarksBefore(blockSize: number | undefined): number | undefined {
    const tail = this.#tail();
    for (let size = sector; size <= tail.length; size += sector) {
      const block = tail.subarray(tail.length - size);
      const markBytes = filemarkAt(block, blockSize);
      if (markBytes !== undefined)
        return markBytes === size ? new MtfRecord(block).u32(56) : undefined;
    }
    return undefined;
  }

  #tail(): Uint8Array {
    if (this.#length < tailBytes) return this.#ring.subarray(0, this.#length);
    const end = this.#length % tailBytes;
    return Buffer.concat([this.#ring.subarray(end), this.#ring.subarray(0, end)]);
  }
}
