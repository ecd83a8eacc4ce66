// The two headers that frame everything in a backup stream: of a block (52 bytes) and of a stream inside a
// block (22 bytes). Both end in a checksum: XOR of the 16-bit words before it.
import { maxBlockSize } from '../base/platform/sql-server-limits.ts';
import { MtfRecord } from './fields.ts';

export const blockHeaderBytes = 52;
export const streamHeaderBytes = 22;
const blockChecksumAt = 50;
const streamChecksumAt = 20;

export interface BlockHeader {
  /** TAPE SFMB SSET VOLB MSCI MSDA MSTL MSLS ESET. */
  readonly type: string;
  readonly attributes: number;
  /** Bytes to the first stream; of an SFMB, which has none, to its end. 52 to 65536. */
  readonly bodyBytes: number;
  /** Its number among the blocks of a backup set, from 0. */
  readonly controlBlock: number;
}

export interface StreamHeader {
  readonly id: string;
  /** Bytes of data behind the header, 0 to 2^53. */
  readonly length: number;
  /** Its data are encrypted or compressed by an algorithm (MTF 1.00a, stream header); SQL Server's have never been. */
  readonly isCoded: boolean;
}

/** The block header at the start of `bytes`; undefined when it is none (type, length or checksum). */
export function decodeBlockHeader(bytes: Uint8Array): BlockHeader | undefined {
  const record = new MtfRecord(bytes);
  const type = record.ascii(0, 4);
  const said = record.u16(8);
  const bodyBytes = type === 'SFMB' && said === 0 ? maxBlockSize : said;
  if (!/^[A-Z0-9]{4}$/.test(type) || bodyBytes < blockHeaderBytes) return undefined;
  if (xor16(record, blockChecksumAt) !== record.u16(blockChecksumAt)) return undefined;
  return { type, attributes: record.u32(4), bodyBytes, controlBlock: record.u32(36) };
}

/**
 * Bytes of a filemark, which is one block of its medium. 64 KiB do not fit into the 16 bits that say it (MTF 1.00a, offset
 * to first event), and what SQL Server writes there nobody has published: of such a medium the block size counts.
 */
export function filemarkBytes(mark: BlockHeader, blockSize: number | undefined): number {
  return blockSize === maxBlockSize ? maxBlockSize : mark.bodyBytes;
}

/** The stream header at the start of `bytes`; undefined when it is none. */
export function decodeStreamHeader(bytes: Uint8Array): StreamHeader | undefined {
  const record = new MtfRecord(bytes);
  const length = record.u64(8);
  if (length === undefined || bytes.length < streamHeaderBytes) return undefined;
  const id = record.ascii(0, 4);
  // Zeros have the right checksum, too: a hole in the file would be read as millions of empty streams.
  if (!/^[ -~]{4}$/.test(id)) return undefined;
  if (xor16(record, streamChecksumAt) !== record.u16(streamChecksumAt)) return undefined;
  return { id, length, isCoded: record.u32(16) !== 0 };
}

function xor16(record: MtfRecord, bytes: number): number {
  let sum = 0;
  for (let at = 0; at < bytes; at += 2) sum ^= record.u16(at);
  return sum;
}

/** Streams begin at multiples of this, bytes. */
const streamAlignment = 4;

/** Where the stream after one that ends at `end` begins; both from the start of the block or of the raw stream. */
export function nextStreamAt(end: number): number {
  return Math.ceil(end / streamAlignment) * streamAlignment;
}
