// Checks the container of a natively compressed backup (MSSQLBAK) as it passes by: a chain of records, each
// with a checksum over its compressed bytes, and uncompressed filemarks on multiples of 512 (mtf.md §9).
// Nothing is decompressed.
import { KiB } from '../base/byte-size.js';
import { blockHeaderBytes, decodeBlockHeader } from '../mtf/block.js';
import { FilemarkOrder } from '../mtf/check/filemark-order.js';
import { MtfRecord } from '../mtf/fields.js';

export const containerHeadBytes = 480;
export const recordHeadBytes = 28;
export const recordMark = 0x21;
/** A Huffman table alone takes this much. */
const minPayloadBytes = 256;
const maxPayloadBytes = 0xffff;
const filemarkStep = 512;
/** A gap in front of a filemark reaches to the next physical block, which is as long as a filemark; or to this much. */
const minGapLimit = 1024;
const maxGapBytes = 64 * KiB;
/** Bytes that must be there before the next step can be taken. */
const lookAhead = recordHeadBytes + maxPayloadBytes + maxGapBytes + blockHeaderBytes;

export interface RecordDamage {
  readonly code: 'record-checksum' | 'record-chain' | 'block-order';
  readonly message: string;
  readonly rawOffset: number;
}

export class MssqlbakCheck {
  readonly records = { checked: 0, bad: 0 };
  readonly #onDamage: (damage: RecordDamage) => void;
  #buffer = new Uint8Array(4 * lookAhead);
  #have = 0;
  /** Offset in the stream of the buffer's first byte. */
  #position = 0;
  #at = containerHeadBytes;
  #lost = false;
  readonly #filemarks = new FilemarkOrder(0);
  /** Only what stands behind a record may be a gap: at the start and behind a filemark there is a record. */
  #behindRecord = false;

  constructor(onDamage: (damage: RecordDamage) => void) {
    this.#onDamage = onDamage;
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(piece.length - at, this.#buffer.length - this.#have);
      this.#buffer.set(piece.subarray(at, at + count), this.#have);
      this.#have += count;
      at += count;
      this.#advance(lookAhead);
    }
  }

  end(): void {
    this.#advance(1);
  }

  /** Steps while at least `wanted` bytes lie ahead. */
  #advance(wanted: number): void {
    while (this.#have - this.#at >= wanted) this.#step();
    const gone = Math.min(this.#at, this.#have);
    this.#buffer.copyWithin(0, gone, this.#have);
    this.#position += gone;
    this.#have -= gone;
    this.#at -= gone;
  }

  #step(): void {
    const rawOffset = this.#position + this.#at;
    const mark = rawOffset % filemarkStep === 0 ? filemarkAt(this.#ahead()) : undefined;
    if (mark !== undefined) {
      this.#takeFilemark(mark, rawOffset);
      return;
    }
    const record = this.#lost ? undefined : recordAt(this.#ahead());
    if (record?.good) this.#takeRecord(record.bytes);
    else this.#stepOver(record, rawOffset);
  }

  #takeFilemark(bytes: number, rawOffset: number): void {
    const contradiction = this.#filemarks.next(this.#ahead().subarray(0, bytes), rawOffset);
    if (contradiction && !this.#lost) this.#onDamage({ code: 'block-order', ...contradiction });
    this.#at += bytes;
    this.#lost = false;
    this.#behindRecord = false;
  }

  #takeRecord(bytes: number): void {
    this.records.checked += 1;
    this.#at += bytes;
    this.#behindRecord = true;
  }

  /** A damaged record ends in front of the next filemark, too; garbage that begins like one hardly does. */
  #stepOver(record: CompressedRecord | undefined, rawOffset: number): void {
    const gap = this.#behindRecord ? this.#gap(rawOffset) : undefined;
    if (record && (gap === undefined || record.bytes <= gap))
      this.#badRecord(record.bytes, rawOffset);
    else if (gap !== undefined) this.#at += gap;
    else this.#loseChain(rawOffset);
  }

  #badRecord(bytes: number, rawOffset: number): void {
    this.#takeRecord(bytes);
    this.records.bad += 1;
    const message = `the compressed record at byte ${rawOffset} does not have its checksum`;
    this.#onDamage({ code: 'record-checksum', message, rawOffset });
  }

  /** The next filemark may be anywhere. */
  #loseChain(rawOffset: number): void {
    if (!this.#lost) {
      const message = `there is no compressed record at byte ${rawOffset}`;
      this.#onDamage({ code: 'record-chain', message, rawOffset });
    }
    this.#lost = true;
    this.#at += filemarkStep - (rawOffset % filemarkStep);
  }

  /** Bytes to the filemark that the garbage here leads to; undefined when there is none near. */
  #gap(rawOffset: number): number | undefined {
    const ahead = this.#ahead();
    const first = (filemarkStep - (rawOffset % filemarkStep)) % filemarkStep;
    for (let gap = first; gap < maxGapBytes && gap < ahead.length; gap += filemarkStep) {
      const mark = filemarkAt(ahead.subarray(gap));
      if (mark !== undefined) return gap < Math.max(mark, minGapLimit) ? gap : undefined;
    }
    return undefined;
  }

  #ahead(): Uint8Array {
    return this.#buffer.subarray(this.#at, this.#have);
  }
}

/** Bytes of the filemark at the start of `bytes`; undefined when there is none. */
export function filemarkAt(bytes: Uint8Array): number | undefined {
  if (bytes.length < blockHeaderBytes || bytes[0] !== 0x53) return undefined;
  const header = decodeBlockHeader(bytes.subarray(0, blockHeaderBytes));
  return header?.type === 'SFMB' ? header.bodyBytes : undefined;
}

export interface CompressedRecord {
  /** Head and payload together. */
  readonly bytes: number;
  /** Bytes it decompresses to. */
  readonly rawBytes: number;
  /** Whether it has its checksum. */
  readonly good: boolean;
}

/** The record at the start of `bytes`; undefined when there is none, or not all of it. */
export function recordAt(bytes: Uint8Array): CompressedRecord | undefined {
  const head = new MtfRecord(bytes.subarray(0, recordHeadBytes));
  const payloadBytes = head.u16(2);
  if (head.u8(0) !== recordMark || head.u8(1) === 0 || payloadBytes <= minPayloadBytes)
    return undefined;
  const total = recordHeadBytes + payloadBytes;
  if (total > bytes.length) return undefined;
  const good = payloadSum(bytes.subarray(recordHeadBytes, total)) === head.u32(24);
  return { bytes: total, rawBytes: head.u8(1) * 512, good };
}

const payloadBuffer = new Uint8Array(maxPayloadBytes + 1);
const payloadWords = new Int32Array(payloadBuffer.buffer);

function payloadSum(payload: Uint8Array): number {
  payloadBuffer.set(payload);
  payloadBuffer.fill(0, payload.length, (payload.length + 3) & ~3);
  let sum = 0;
  for (let word = 0; word < (payload.length + 3) >> 2; word += 1) {
    sum = ((sum << 1) | (sum >>> 31)) ^ (payloadWords[word] as number);
  }
  return sum >>> 0;
}
