// The header of one zstd frame (RFC 8878 §3.1.1.1): what a reader must know before it allocates.
import { damaged } from '../storage/io-failure.ts';

/** Magic of a zstd frame. */
export const zstdFrameMagic = 0xfd2fb528;
/** Longest frame header: magic 4, descriptor 1, window 1, dictionary id 4, content size 8. */
export const maxFrameHeaderBytes = 18;
/** Shortest complete frame: header 6, empty block 3. */
export const minFrameBytes = 9;
/** Bytes of the content checksum at the end of a frame: the low half of XXH64. */
export const frameChecksumBytes = 4;

/** Largest zstd frame that `bytes` raw bytes can become, plus frame header and checksum (ZSTD_COMPRESSBOUND of zstd.h). */
export function compressBound(bytes: number): number {
  const margin = bytes < 128 * 1024 ? (128 * 1024 - bytes) >> 11 : 0;
  return bytes + (bytes >> 8) + margin + 64;
}

export interface FrameHeader {
  /** Bytes of this header, 6 to 18. */
  readonly headerBytes: number;
  /** Raw bytes of the frame; undefined when the frame does not say, or says more than 2^53. */
  readonly contentSize: number | undefined;
  /** Whether 4 bytes of checksum end the frame. */
  readonly hasChecksum: boolean;
  /** 0 = none. */
  readonly dictionaryId: number;
}

/** Bytes of the content size field by its flag; flag 0 has 1 byte in a single-segment frame. */
const contentSizeBytes = [0, 2, 4, 8] as const;
const dictionaryIdBytes = [0, 1, 2, 4] as const;

/**
 * Reads a frame header. Failure `integrity` for another magic, a reserved bit, or too few bytes.
 * @param bytes at least the header; up to 18 bytes are looked at
 * @param offset of the frame in the file
 */
export function decodeFrameHeader(bytes: Uint8Array, file: string, offset?: number): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 5 || view.getUint32(0, true) !== zstdFrameMagic) {
    throw damaged(file, 'a zstd frame was expected, but other bytes are there', { offset });
  }
  const descriptor = view.getUint8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeBytes = contentSizeBytes[(descriptor >> 6) as 0 | 1 | 2 | 3] || (singleSegment ? 1 : 0);
  const idBytes = dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3];
  const idAt = singleSegment ? 5 : 6;
  const headerBytes = idAt + idBytes + sizeBytes;
  if ((descriptor & 0x08) !== 0 || bytes.length < headerBytes) {
    throw damaged(file, 'a zstd frame header is cut short or of an unknown kind', { offset });
  }
  return {
    headerBytes,
    contentSize: readContentSize(view, idAt + idBytes, sizeBytes),
    hasChecksum: (descriptor & 0x04) !== 0,
    dictionaryId: readInteger(view, idAt, idBytes),
  };
}

/** The last 4 bytes of a whole frame that has a checksum: low 32 bits of XXH64 of its raw bytes. */
export function frameChecksum(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return view.getUint32(frame.length - frameChecksumBytes, true);
}

function readContentSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  // RFC 8878: the 2-byte field starts counting at 256.
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes < 8) return readInteger(view, at, bytes);
  const size = view.getBigUint64(at, true);
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined;
}

function readInteger(view: DataView, at: number, bytes: number): number {
  let value = 0;
  for (let i = bytes - 1; i >= 0; i -= 1) value = value * 256 + view.getUint8(at + i);
  return value;
}
