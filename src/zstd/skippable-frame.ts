// Zstandard skippable frames (RFC 8878 §3.1.2): u32 magic, u32 content length, content; all little-endian.
// Every zstd reader steps over them, which is why header, trailer and seek table are made of them.
import { damaged } from '../storage/io-failure.ts';

/** Bytes in front of the content. */
export const skippableHeadBytes = 8;
/** Magic of the header and trailer frames of an archive. */
export const archiveFrameMagic = 0x184d2a50;
/** Magic of the seek table frame (zstd seekable format). */
export const seekTableFrameMagic = 0x184d2a5e;
/** The sixteen magics RFC 8878 reserves: 0x184D2A50 to 0x184D2A5F. */
const firstMagic = 0x184d2a50;
const lastMagic = 0x184d2a5f;
/** First characters of the JSON in every header and trailer of ours. */
const ourBeginning = '{"vdibackup":';
/** Bytes of a frame that tell whether it is one of these. */
export const ourBeginningBytes = skippableHeadBytes + ourBeginning.length;
/** The length field is 32 bits wide. */
const maxContentBytes = 0xffff_ffff;

interface SkippableHead {
  /** 0x184D2A50 to 0x184D2A5F. */
  readonly magic: number;
  /** Bytes of content that follow the 8 bytes of the head; 0 to 2^32-1, whatever the file holds. */
  readonly contentBytes: number;
}

/** The 8 bytes in front of `contentBytes` of content. Throws RangeError when a field does not fit. */
export function encodeSkippableHead(head: SkippableHead): Uint8Array {
  if (head.magic < firstMagic || head.magic > lastMagic || head.contentBytes > maxContentBytes) {
    throw new RangeError(`internal error: expected a skippable frame, but was ${head.magic}`);
  }
  const bytes = new Uint8Array(skippableHeadBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, head.magic, true);
  view.setUint32(4, head.contentBytes, true);
  return bytes;
}

/** Whether `bytes` begin with the magic of a skippable frame; false for fewer than 4 bytes. */
export function isSkippable(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return magic >= firstMagic && magic <= lastMagic;
}

/** Whether a header or trailer of an archive begins with `bytes`, at least `ourBeginningBytes` unless the file ends. */
export function isOurs(bytes: Uint8Array): boolean {
  if (!isSkippable(bytes) || bytes.length < ourBeginningBytes) return false;
  const text = bytes.subarray(skippableHeadBytes, ourBeginningBytes);
  return String.fromCharCode(...text) === ourBeginning;
}

/**
 * Reads the first 8 bytes of a skippable frame. Failure `integrity` when there are fewer or the magic is
 * another one. The caller checks `contentBytes` against its own limit before it allocates.
 * @param file name for the words of a failure
 */
export function decodeSkippableHead(bytes: Uint8Array, file: string): SkippableHead {
  if (bytes.length < skippableHeadBytes || !isSkippable(bytes)) {
    throw damaged(file, 'a skippable frame was expected, but other bytes are there');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { magic: view.getUint32(0, true), contentBytes: view.getUint32(4, true) };
}
