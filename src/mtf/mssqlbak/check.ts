// Checks the container of a natively compressed backup (MSSQLBAK) as it passes by: a chain of records, each
// with a checksum over its compressed bytes, and uncompressed filemarks on multiples of 512.
// Decompressed is only what a checksum does not cover: short records for their length, the last ones for their end.
import { KiB } from '../../base/byte-size.ts';
import { blockHeaderBytes } from '../block.ts';
import { FilemarkOrder } from '../check/filemark-order.ts';
import { mediaBlockSize } from '../native-block-size.ts';
import { marksDamage } from '../record/configuration.ts';
import {
  type CompressedRecord,
  type ContainerFormat,
  containerFormat,
  containerVersion,
  filemarkAt,
  formatBytes,
  maxRecordBytes,
  maxRecordRaw,
  recordAt,
  recordBytes,
  unknownCoding,
  unknownRecords,
  unknownVersion,
} from './container.ts';
import { RecordTail } from './record-tail.ts';
import { fitsXpress, xpressPrefix } from './xpress-huffman.ts';

const filemarkStep = 512;
/** A gap in front of a filemark reaches to the next physical block, which is as long as a filemark; or to this much. */
const minGapLimit = 1024;
const maxGapBytes = 64 * KiB;
/** Bytes that must be there before the next step can be taken. */
const lookAhead = maxRecordBytes + maxGapBytes + blockHeaderBytes;
/** Short records whose length is checked: a backup has some at each of its ends, a hostile file millions, of 40 µs each. */
const maxFitted = 10_000;
/** Of the media header, to its block size. */
const mediaPrefixBytes = 66;

export interface RecordDamage {
  readonly code: 'record-checksum' | 'record-size' | 'record-chain' | 'block-order';
  readonly message: string;
  readonly rawOffset: number;
}

export class MssqlbakCheck {
  readonly records = { checked: 0, bad: 0 };
  /** Sets that were taken of a database that was damaged then. */
  damagedDatabases = 0;
  readonly #onDamage: (damage: RecordDamage) => void;
  #format: ContainerFormat | undefined;
  #unknown: string | undefined;
  /** Of a version that is not known, or of none. */
  #isForeign = false;
  #buffer = new Uint8Array(4 * lookAhead);
  #have = 0;
  /** Offset in the stream of the buffer's first byte. */
  #position = 0;
  #at = 0;
  #isOver = false;
  #lost = false;
  readonly #filemarks = new FilemarkOrder(0);
  /** Only what stands behind a record may be a gap: at the start and behind a filemark there is a record. */
  #behindRecord = false;
  /** Undefined before the first good record: then its bytes are not known to be compressed as those of others are. */
  #isReadable: boolean | undefined;
  #blockSize: number | undefined;
  readonly #tail = new RecordTail();
  /** What is wrong in front of the first good record: damage if there is one, else the sign of something unknown. */
  #doubt: RecordDamage | undefined;
  /** Records that were decompressed for their length. */
  #fitted = 0;
  /** Of the record seen last, in the stream. */
  #recordEnd = 0;

  constructor(onDamage: (damage: RecordDamage) => void) {
    this.#onDamage = onDamage;
  }

  /** Why the container cannot be checked, or not all of it; undefined when it can. Final after `end`. */
  get unknown(): string | undefined {
    return this.#unknown;
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length && !this.#isForeign; ) {
      const count = Math.min(piece.length - at, this.#buffer.length - this.#have);
      this.#buffer.set(piece.subarray(at, at + count), this.#have);
      this.#have += count;
      at += count;
      this.#advance(lookAhead);
    }
  }

  end(): void {
    this.#isOver = true;
    this.#advance(1);
    if (this.#doubt) this.#unknown = unknownRecords;
  }

  /** Steps while at least `wanted` bytes lie ahead. */
  #advance(wanted: number): void {
    const format = this.#format ?? this.#begins();
    if (!format) return;
    while (this.#have - this.#at >= wanted) this.#step(format);
    const gone = Math.min(this.#at, this.#have);
    this.#buffer.copyWithin(0, gone, this.#have);
    this.#position += gone;
    this.#have -= gone;
    this.#at -= gone;
  }

  #begins(): ContainerFormat | undefined {
    if (this.#have < formatBytes || this.#isForeign) return undefined;
    const head = this.#buffer.subarray(0, formatBytes);
    this.#format = containerFormat(head);
    if (this.#format) this.#at = this.#format.headBytes;
    else this.#refuse(head);
    return this.#format;
  }

  #refuse(head: Uint8Array): void {
    this.#isForeign = true;
    this.#unknown = unknownVersion(head);
    if (this.#unknown !== undefined) return;
    const message = `the container says version ${containerVersion(head)}, which cannot be`;
    this.#onDamage({ code: 'record-chain', message, rawOffset: 0 });
  }

  #step(format: ContainerFormat): void {
    const rawOffset = this.#position + this.#at;
    const isStep = rawOffset % filemarkStep === 0;
    const mark = isStep ? filemarkAt(this.#ahead(), this.#blockSize) : undefined;
    if (mark !== undefined) {
      this.#takeFilemark(mark, rawOffset);
      return;
    }
    const record = this.#lost ? undefined : recordAt(this.#ahead(), format);
    if (record?.good) this.#takeRecord(record, rawOffset);
    else this.#stepOver(record, rawOffset);
  }

  #takeFilemark(bytes: number, rawOffset: number): void {
    const contradiction = this.#filemarks.next(this.#ahead().subarray(0, bytes), rawOffset);
    const counts = !this.#lost && this.#isReadable !== undefined;
    if (contradiction && counts) this.#onDamage({ code: 'block-order', ...contradiction });
    this.#judgeTail(rawOffset);
    this.#at += bytes;
    this.#lost = false;
    this.#behindRecord = false;
  }

  #judgeTail(rawOffset: number): void {
    const finding = this.#tail.end();
    if (!finding || !this.#isReadable) return;
    if (finding.configuration && marksDamage(finding.configuration)) this.damagedDatabases += 1;
    if (finding.isWhole) return;
    const message = `the blocks in front of the filemark at byte ${rawOffset} are not whole`;
    this.#onDamage({ code: 'record-chain', message, rawOffset: this.#recordEnd });
  }

  #takeRecord(record: CompressedRecord, rawOffset: number): void {
    this.#isReadable ??= this.#isFirst(record);
    this.#passRecord(record.bytes);
    if (!this.#isReadable) return;
    this.#tail.add(record.payload, record.rawBytes);
    if (this.#fits(record)) return;
    const message = `the compressed record at byte ${rawOffset} does not have the length that it says`;
    this.#badRecord({ code: 'record-size', message, rawOffset });
  }

  /** One bit more or less makes no other length of the usual one. */
  #fits({ payload, rawBytes }: CompressedRecord): boolean {
    if (rawBytes === maxRecordRaw || this.#fitted >= maxFitted) return true;
    this.#fitted += 1;
    return fitsXpress(payload, rawBytes);
  }

  /** The first good one: what was in doubt is damage. False when it cannot be decompressed. */
  #isFirst({ payload }: CompressedRecord): boolean {
    if (this.#doubt) this.#onDamage(this.#doubt);
    this.#doubt = undefined;
    const media = xpressPrefix(payload, mediaPrefixBytes);
    if (!media) this.#unknown = unknownCoding;
    this.#blockSize = media && mediaBlockSize(media);
    return media !== undefined;
  }

  #passRecord(bytes: number): void {
    this.records.checked += 1;
    this.#at += bytes;
    this.#recordEnd = this.#position + this.#at;
    this.#behindRecord = true;
  }

  /** A damaged record ends in front of the next filemark, too; garbage that begins like one hardly does. */
  #stepOver(record: CompressedRecord | undefined, rawOffset: number): void {
    const gap = this.#behindRecord ? this.#gap(rawOffset) : undefined;
    if (record && (gap === undefined || record.bytes <= gap)) {
      this.#passRecord(record.bytes);
      const message = `the compressed record at byte ${rawOffset} does not have its checksum`;
      this.#badRecord({ code: 'record-checksum', message, rawOffset });
    } else if (gap !== undefined) this.#at += gap;
    else this.#loseChain(rawOffset);
  }

  #badRecord(damage: RecordDamage): void {
    this.records.bad += 1;
    this.#spoilt(damage, false);
  }

  /** The next filemark may be anywhere. */
  #loseChain(rawOffset: number): void {
    if (!this.#lost) {
      const message = `there is no compressed record at byte ${rawOffset}`;
      this.#spoilt({ code: 'record-chain', message, rawOffset }, this.#isCut());
    }
    this.#lost = true;
    this.#at += filemarkStep - (rawOffset % filemarkStep);
  }

  #spoilt(damage: RecordDamage, isCut: boolean): void {
    this.#tail.spoil();
    if (this.#isReadable !== undefined || isCut) this.#onDamage(damage);
    else this.#doubt ??= damage;
  }

  /** The stream ends inside a record of the known kind. */
  #isCut(): boolean {
    const format = this.#format;
    if (!this.#isOver || !format) return false;
    const ahead = this.#ahead();
    const claimed = ahead[0] === format.recordMark ? recordBytes(ahead, format) : undefined;
    return ahead.length < (claimed ?? format.recordHeadBytes);
  }

  /** Bytes to the filemark that the garbage here leads to; undefined when there is none near. */
  #gap(rawOffset: number): number | undefined {
    const ahead = this.#ahead();
    const first = (filemarkStep - (rawOffset % filemarkStep)) % filemarkStep;
    for (let gap = first; gap < maxGapBytes && gap < ahead.length; gap += filemarkStep) {
      const mark = filemarkAt(ahead.subarray(gap), this.#blockSize);
      if (mark !== undefined) return gap < Math.max(mark, minGapLimit) ? gap : undefined;
    }
    return undefined;
  }

  #ahead(): Uint8Array {
    return this.#buffer.subarray(this.#at, this.#have);
  }
}
