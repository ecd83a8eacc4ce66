// Streams that SQL Server compressed itself (magic MSSQLBAK). Their records need decoding, which this
// program does not do; but filemarks stay uncompressed, and a finished stream ends with one.
import { blockHeaderBytes, decodeBlockHeader } from './mtf-block.ts';
import type { MtfFacts } from './mtf-facts.ts';
import { MtfRecord } from './mtf-fields.ts';

/** The largest filemark: its size field has 16 bits. */
const tailBytes = 65_536;
/** Filemarks stand on multiples of this. */
const sector = 512;

/** Keeps the last bytes of a stream; fed with consecutive pieces of any size. */
export class CompressedTail {
  readonly #ring = new Uint8Array(tailBytes);
  #length = 0;

  push(piece: Uint8Array): void {
    const last = piece.subarray(Math.max(0, piece.length - tailBytes));
    this.#length += piece.length;
    const end = this.#length % tailBytes;
    const wrapped = last.subarray(Math.max(0, last.length - end));
    const rest = last.subarray(0, last.length - wrapped.length);
    this.#ring.set(wrapped, end - wrapped.length);
    this.#ring.set(rest, tailBytes - rest.length);
  }

  facts(): MtfFacts {
    const before = this.#filemarksBefore();
    // One filemark behind the media header, one behind the data of each set, one behind its end.
    const complete = before !== undefined && before >= 2 && before % 2 === 0;
    return { compressed: true, complete, sets: complete ? before / 2 : 0 };
  }

  /** Filemarks before the one that ends the stream; undefined when none does. */
  #filemarksBefore(): number | undefined {
    const tail = this.#tail();
    for (let size = sector; size <= tail.length; size += sector) {
      const block = tail.subarray(tail.length - size);
      const header = decodeBlockHeader(block.subarray(0, blockHeaderBytes));
      if (header?.type !== 'SFMB') continue;
      return header.bodyBytes === size ? new MtfRecord(block).u32(56) : undefined;
    }
    return undefined;
  }

  #tail(): Uint8Array {
    if (this.#length < tailBytes) return this.#ring.subarray(0, this.#length);
    const end = this.#length % tailBytes;
    return Buffer.concat([this.#ring.subarray(end), this.#ring.subarray(0, end)]);
  }
}
