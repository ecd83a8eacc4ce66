// The records in front of a filemark: whether the blocks in them are whole. A record whose head is damaged may look like
// the garbage that fills the gap in front of a filemark; what it held is then missing at the end.
import { blockHeaderBytes, decodeBlockHeader } from '../block.ts';
import { type WholeBlock, wholeBlocks } from '../whole-block.ts';
import { decompressXpress, fitsXpress } from './xpress-huffman.ts';

/** Records kept, 4 MiB before compression: the last block of a set, MSLS, tells of every file in about 2 KiB. */
const maxKept = 64;
/** Slots grow in steps of so many bytes. */
const slotStep = 4096;
/** Blocks begin on steps of so many bytes; so do records. */
const step = 512;

/** What stands between two filemarks, by its last blocks: the media header, a set, the end of a set. */
const endings: readonly (readonly string[])[] = [['TAPE'], ['MSLS'], ['ESET', 'ESET']];

interface TailFinding {
  readonly isWhole: boolean;
  /** MQCI of the set that ends here. */
  readonly configuration?: Uint8Array;
}

export class RecordTail {
  readonly #payloads: Uint8Array[] = [];
  readonly #lengths = new Uint16Array(maxKept);
  readonly #rawBytes = new Uint32Array(maxKept);
  /** Records since the last filemark. */
  #count = 0;
  #spoilt = false;

  add(payload: Uint8Array, rawBytes: number): void {
    const slot = this.#count % maxKept;
    let kept = this.#payloads[slot];
    if (!kept || kept.length < payload.length)
      kept = new Uint8Array(Math.ceil(payload.length / slotStep) * slotStep);
    kept.set(payload);
    this.#payloads[slot] = kept;
    this.#lengths[slot] = payload.length;
    this.#rawBytes[slot] = rawBytes;
    this.#count += 1;
  }

  /** A record was damaged: there is nothing more to find out about this section. */
  spoil(): void {
    this.#spoilt = true;
  }

  /** At a filemark. Undefined when there is nothing to say; the next section begins. */
  end(): TailFinding | undefined {
    const finding = this.#spoilt || this.#count === 0 ? undefined : this.#find();
    this.#count = 0;
    this.#spoilt = false;
    return finding;
  }

  #find(): TailFinding {
    const parts: Uint8Array[] = [];
    const first = Math.max(0, this.#count - maxKept);
    for (let record = this.#count - 1; record >= first; record -= 1) {
      const part = this.#decompressed(record);
      if (!part) return { isWhole: false };
      parts.unshift(part);
      const at = record === 0 ? 0 : lastBlockIn(part);
      if (at !== undefined) return findingOf(Buffer.concat(parts), at);
    }
    return { isWhole: false };
  }

  #decompressed(record: number): Uint8Array | undefined {
    const slot = record % maxKept;
    const payload = this.#payloads[slot]?.subarray(0, this.#lengths[slot]);
    const rawBytes = this.#rawBytes[slot] as number;
    // Behind the last record is a gap: nothing else tells that it is a byte or two too long.
    if (!payload || (record === this.#count - 1 && !fitsXpress(payload, rawBytes)))
      return undefined;
    return decompressXpress(payload, rawBytes);
  }
}

/** Where the last block of a set begins; undefined when it does not in this record. */
function lastBlockIn(raw: Uint8Array): number | undefined {
  for (let at = raw.length - (raw.length % step); at >= 0; at -= step) {
    if (raw[at] !== 0x4d) continue;
    const header = decodeBlockHeader(raw.subarray(at, at + blockHeaderBytes));
    if (header?.type === 'MSLS') return at;
  }
  return undefined;
}

function findingOf(raw: Uint8Array, at: number): TailFinding {
  const blocks = wholeBlocks(raw, at);
  const last = blocks.at(-1);
  const isWhole = last?.end === raw.length && endings.some((ending) => endsWith(blocks, ending));
  const configuration = last?.header.type === 'MSLS' ? last.streams.get('MQCI') : undefined;
  return { isWhole, ...(configuration && { configuration }) };
}

function endsWith(blocks: readonly WholeBlock[], ending: readonly string[]): boolean {
  const types = blocks.slice(-ending.length).map(({ header }) => header.type);
  return types.length === ending.length && types.every((type, index) => type === ending[index]);
}
