// What the container of a natively compressed backup (MSSQLBAK) is made of: a head that says its version, records of
// compressed bytes, each with a checksum over them, and uncompressed filemarks. Known are version 1 (SQL Server 2014 CTP; said
// to be that of 2008 to 2012) and version 2 (2016 to 2022), from real backups: nobody has published the format (docs/mtf.md,
// "Compressed container"). What a container of another kind looks like is not known, and what is not known is not damage.
import { blockHeaderBytes, decodeBlockHeader, filemarkBytes } from '../block.ts';
import { MtfRecord } from '../fields.ts';

export interface ContainerFormat {
  readonly version: number;
  /** Bytes in front of the first record. */
  readonly headBytes: number;
  readonly recordHeadBytes: number;
  /** First byte of a record. */
  readonly recordMark: number;
  /** Of the checksum, in the head of a record. */
  readonly checksumAt: number;
}

const formats: readonly ContainerFormat[] = [
  { version: 1, headBytes: 16, recordHeadBytes: 8, recordMark: 0x81, checksumAt: 4 },
  { version: 2, headBytes: 480, recordHeadBytes: 28, recordMark: 0x21, checksumAt: 24 },
];
const versionAt = 8;
/** There have been two in fifteen years: a larger number, or none, is damage. */
const maxVersion = 255;
/** Bytes of a container that say its version. */
export const formatBytes = 12;
/** A Huffman table alone takes this much. */
const minPayloadBytes = 256;
const maxPayloadBytes = 0xffff;
/** A record holds this much before compression, or less at the end of what was to be written at once. */
export const maxRecordRaw = 65_536;
const rawUnit = 512;
/** The longest record, with its head. */
export const maxRecordBytes =
  Math.max(...formats.map((one) => one.recordHeadBytes)) + maxPayloadBytes;
/** The longest head and first record. */
export const maxMediaBytes = Math.max(...formats.map((one) => one.headBytes)) + maxRecordBytes;

/** Why nothing of a container can be checked or told, in words that follow a file's name. */
export const unknownRecords = 'its compressed records are of a kind that is not known';
export const unknownCoding = 'it is encrypted, or compressed in a way that is not known';

/** Of the container that begins with `head`; undefined when its version is not known, or not there. */
export function containerFormat(head: Uint8Array): ContainerFormat | undefined {
  const version = containerVersion(head);
  return formats.find((format) => format.version === version);
}

/** Why a container of another version cannot be looked into; undefined when what its head says is no version at all. */
export function unknownVersion(head: Uint8Array): string | undefined {
  const version = containerVersion(head);
  if (version === 0 || version > maxVersion) return undefined;
  const known = formats.map((format) => format.version).join(' and ');
  return `its container has version ${version}, and only ${known} are known`;
}

export function containerVersion(head: Uint8Array): number {
  return new MtfRecord(head).u32(versionAt);
}

/** Bytes of the filemark at the start of `bytes`, of a medium with this block size; undefined when there is none. */
export function filemarkAt(bytes: Uint8Array, blockSize?: number): number | undefined {
  if (bytes.length < blockHeaderBytes || bytes[0] !== 0x53) return undefined;
  const header = decodeBlockHeader(bytes.subarray(0, blockHeaderBytes));
  return header?.type === 'SFMB' ? filemarkBytes(header, blockSize) : undefined;
}

export interface CompressedRecord {
  /** Head and payload together. */
  readonly bytes: number;
  /** Bytes it decompresses to. */
  readonly rawBytes: number;
  /** Whether it has its checksum. */
  readonly good: boolean;
  readonly payload: Uint8Array;
}

/** The record at the start of `bytes`; undefined when there is none, or not all of it. */
export function recordAt(bytes: Uint8Array, format: ContainerFormat): CompressedRecord | undefined {
  const { recordHeadBytes, recordMark, checksumAt } = format;
  const head = new MtfRecord(bytes.subarray(0, recordHeadBytes));
  const total = recordBytes(bytes, format);
  const rawBytes = head.u8(1) * rawUnit;
  const canBe = rawBytes > 0 && rawBytes <= maxRecordRaw;
  if (head.u8(0) !== recordMark || !canBe || total === undefined || total > bytes.length)
    return undefined;
  const payload = bytes.subarray(recordHeadBytes, total);
  const good = payloadSum(payload) === head.u32(checksumAt);
  return { bytes: total, rawBytes, good, payload };
}

/** The length that the record at the start of `bytes` claims, head and all; undefined when it has no room for a table. */
export function recordBytes(bytes: Uint8Array, { recordHeadBytes }: ContainerFormat) {
  const payloadBytes = new MtfRecord(bytes.subarray(0, recordHeadBytes)).u16(2);
  return payloadBytes > minPayloadBytes ? recordHeadBytes + payloadBytes : undefined;
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
