// The damaged twins of the golden archive: which byte is what, and how a twin is made from it.

import { decodeSeekTableFooter } from '../../src/archive/seek-table.ts';
import { seekTableEntries } from '../rig/seek-table.ts';

/** A damaged copy of sales.bak.zst and the exit codes it must give. */
export interface Twin {
  /** Says what was done to it. */
  readonly name: string;
  /** `xor` flips bits of one byte, `hex` writes over what is there; `again` stands for the whole archive. */
  readonly edits: readonly { readonly at: number; readonly xor?: number; readonly hex?: string }[];
  /** Bytes kept. */
  readonly length?: number;
  readonly verify: number;
  readonly extract: number;
}

export function makeTwin(archive: Buffer, { edits, length }: Twin): Buffer {
  let bytes = Buffer.from(archive);
  for (const { at, xor, hex } of edits) {
    if (xor !== undefined) bytes[at] = (bytes[at] ?? 0) ^ xor;
    if (hex === undefined) continue;
    const written = hex === 'again' ? archive : Buffer.from(hex, 'hex');
    bytes = Buffer.concat([bytes.subarray(0, at), written, bytes.subarray(at + written.length)]);
  }
  return length === undefined ? bytes : bytes.subarray(0, length);
}

/** The place of a byte of every part of an archive with two frames of several blocks. */
export function regionsOf(archive: Buffer) {
  const footer = decodeSeekTableFooter(archive, archive.length, 'golden');
  const tableAt = archive.length - (footer?.tableBytes ?? 0);
  const [, first, second, trailer] = seekTableEntries(archive);
  if (!first || !second || !trailer) throw new Error('the golden archive has two frames');
  const trailerText = archive.toString('latin1', trailer.offset, tableAt);
  return {
    'header-magic': 0,
    'header-length': 4,
    'header-first-character': 8,
    'header-set-id': archive.indexOf('"setId":"') + 10,
    'header-database': archive.indexOf('"database":"') + 12,
    'header-checksum-name': archive.indexOf('"crc32":"') + 1,
    'header-checksum': archive.indexOf('"crc32":"') + 9,
    'frame-1-magic': first.offset,
    'frame-1-descriptor': first.offset + 4,
    'frame-1-content-size': first.offset + 5,
    'frame-1-block-header': first.offset + 9,
    'frame-1-data': first.offset + Math.floor(first.compressedBytes / 2),
    'frame-1-checksum': first.offset + first.compressedBytes - 1,
    'frame-2-magic': second.offset,
    'frame-2-data': second.offset + Math.floor(second.compressedBytes / 2),
    'frame-2-checksum': second.offset + second.compressedBytes - 1,
    'trailer-magic': trailer.offset,
    'trailer-length': trailer.offset + 4,
    'trailer-raw-bytes': trailer.offset + trailerText.indexOf('"rawBytes":') + 12,
    'trailer-compressed-bytes': trailer.offset + trailerText.indexOf('"compressedBytes":') + 18,
    'trailer-frames': trailer.offset + trailerText.indexOf('"frames":') + 9,
    'trailer-message': trailer.offset + trailerText.indexOf('"text":"') + 8,
    'trailer-checksum-name': trailer.offset + trailerText.lastIndexOf('"crc32":"') + 1,
    'trailer-checksum': trailer.offset + trailerText.lastIndexOf('"crc32":"') + 9,
    'trailer-padding': tableAt - 1,
    'table-magic': tableAt,
    'table-length': tableAt + 4,
    'table-entry-size': tableAt + 8 + 12,
    'table-entry-raw-size': tableAt + 8 + 12 + 4,
    'table-header-checksum': tableAt + 8 + 8,
    'table-trailer-checksum': archive.length - 10,
    'table-entry-checksum': tableAt + 8 + 12 + 8,
    'table-count': archive.length - 9,
    'table-descriptor': archive.length - 5,
    'table-footer-magic': archive.length - 1,
  } satisfies Record<string, number>;
}
