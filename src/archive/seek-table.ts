// The seek table: the last frame of an archive, in zstd's seekable format, so that other readers can seek
// too. Every frame in front of it is an entry, skippable ones with no raw bytes, hence the running sum of
// compressed sizes is a file offset.
//
//   head     8   skippable frame 0x184D2A5E
//   entry   12   u32 compressed size, u32 raw size, u32 checksum
//   footer   9   u32 entries, u8 descriptor 0x80 (entries have checksums), u32 0x8F92EAB1
import { internalError } from '../base/errors.ts';
import { damaged } from '../storage/io-failure.ts';
import {
  encodeSkippableHead,
  seekTableFrameMagic,
  skippableHeadBytes,
} from '../zstd/skippable-frame.ts';

export const seekTableFooterBytes = 9;
const footerMagic = 0x8f92eab1;
/** Entries have checksums. No other bit of the seekable format means anything. */
const descriptor = 0x80;
export const seekTableEntryBytes = 12;
/** The seekable format's own limit of entries; 512 TiB in frames of 4 MiB. */
const maxSeekTableEntries = 0x800_0000;
/** The seekable format's own limit of one frame's raw bytes: 1 GiB. */
const maxSeekTableRawBytes = 0x4000_0000;
/** Low 32 bits of XXH64 (seed 0) of no bytes: the checksum of a frame without data. */
export const emptyChecksum = 0x51d8e999;
/** Entries of one block of storage: 768 KiB, so that growing never copies. */
const blockEntries = 0x1_0000;

/** Bytes of the whole frame of a table with that many entries. */
export function seekTableBytes(entries: number): number {
  return skippableHeadBytes + entries * seekTableEntryBytes + seekTableFooterBytes;
}

/** A growing table, kept in its encoded form: 12 bytes a frame (30 MiB for 10 TiB in frames of 4 MiB). */
export class SeekTable {
  readonly #blocks: Uint8Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes of the whole frame that `encode` gives. */
  get encodedBytes(): number {
    return seekTableBytes(this.#count);
  }

  /** Adds the next frame of the file; sizes in bytes, u32. */
  append(compressedBytes: number, rawBytes: number, checksum: number): void {
    if (this.#count >= maxSeekTableEntries || rawBytes > maxSeekTableRawBytes) {
      throw internalError('a frame that the seek table can hold', `${this.#count}, ${rawBytes}`);
    }
    const at = this.#count % blockEntries;
    if (at === 0) this.#blocks.push(new Uint8Array(blockEntries * seekTableEntryBytes));
    const view = viewOf(this.#blocks[this.#blocks.length - 1] as Uint8Array);
    view.setUint32(at * seekTableEntryBytes, compressedBytes, true);
    view.setUint32(at * seekTableEntryBytes + 4, rawBytes, true);
    view.setUint32(at * seekTableEntryBytes + 8, checksum, true);
    this.#count += 1;
  }

  /** Takes the last entry back: a trailer that was sealed and that further frames write over. */
  removeLast(): void {
    if (this.#count === 0) throw internalError('a seek table with entries', 'an empty one');
    this.#count -= 1;
    if (this.#count % blockEntries === 0) this.#blocks.pop();
  }

  /** The whole frame in consecutive pieces. They are views on the table: use them before changing it. */
  *encode(): Generator<Uint8Array> {
    const contentBytes = this.encodedBytes - skippableHeadBytes;
    yield encodeSkippableHead({ magic: seekTableFrameMagic, contentBytes });
    for (const [index, block] of this.#blocks.entries()) {
      const entries = Math.min(blockEntries, this.#count - index * blockEntries);
      yield block.subarray(0, entries * seekTableEntryBytes);
    }
    yield encodeFooter(this.#count);
  }
}

interface SeekTableFooter {
  /** Frames in front of the table, 0 to 2^27. */
  readonly entries: number;
  /** Bytes of the whole seek table frame, which ends where the file ends. */
  readonly tableBytes: number;
}

/**
 * Reads the last 9 bytes of a file; `undefined` when there is no seek table. Failure `integrity` when there
 * is one that cannot be: check of its size against the file's is part of this, before anyone allocates.
 */
export function decodeSeekTableFooter(
  tail: Uint8Array,
  fileBytes: number,
  file: string,
): SeekTableFooter | undefined {
  if (tail.length < seekTableFooterBytes) return undefined;
  const footer = viewOf(tail.subarray(tail.length - seekTableFooterBytes));
  if (footer.getUint32(5, true) !== footerMagic) return undefined;
  const entries = footer.getUint32(0, true);
  const tableBytes = seekTableBytes(entries);
  const isOurs = footer.getUint8(4) === descriptor;
  if (!isOurs || entries > maxSeekTableEntries || tableBytes > fileBytes)
    throw damaged(file, 'its seek table cannot be one of this file');
  return { entries, tableBytes };
}

function encodeFooter(entries: number): Uint8Array {
  const bytes = new Uint8Array(seekTableFooterBytes);
  const view = viewOf(bytes);
  view.setUint32(0, entries, true);
  view.setUint8(4, descriptor);
  view.setUint32(5, footerMagic, true);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
