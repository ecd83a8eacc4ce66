// The damaged twins of the golden archive: which byte is what, and how a twin is made from it.

import { decodeSeekTable, decodeSeekTableFooter } from '../../src/archive/seek-table.ts';

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

/**
 * `all`: verify and extract notice. `ends`: so do they, by the ends. `verify`: only verify. Undefined: words
 * that nothing in the format depends on have no checksum, see docs/archive-format.md.
 */
interface Region {
  readonly at: number;
  readonly covered: 'all' | 'ends' | 'verify' | undefined;
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

/** A byte of every part of an archive with two frames of several blocks. */
export function regionsOf(archive: Buffer) {
  const footer = decodeSeekTableFooter(archive, archive.length, 'golden');
  const tableAt = archive.length - (footer?.tableBytes ?? 0);
  const table = decodeSeekTable(archive.subarray(tableAt), archive.length, 'golden');
  const [, first, second, trailer] = [...table.entries()];
  if (!first || !second || !trailer) throw new Error('the golden archive has two frames');
  const trailerText = archive.toString('latin1', trailer.offset, tableAt);
  const all = (at: number): Region => ({ at, covered: 'all' });
  const ends = (at: number): Region => ({ at, covered: 'ends' });
  const unseen = (at: number): Region => ({ at, covered: undefined });
  return {
    'header-magic': all(0),
    'header-length': all(4),
    'header-first-character': all(8),
    'header-set-id': ends(archive.indexOf('"setId":"') + 10),
    'header-database': unseen(archive.indexOf('"database":"') + 12),
    'frame-1-magic': all(first.offset),
    'frame-1-descriptor': all(first.offset + 4),
    'frame-1-content-size': all(first.offset + 5),
    'frame-1-block-header': all(first.offset + 9),
    'frame-1-data': all(first.offset + Math.floor(first.compressedBytes / 2)),
    'frame-1-checksum': all(first.offset + first.compressedBytes - 1),
    'frame-2-magic': all(second.offset),
    'frame-2-data': all(second.offset + Math.floor(second.compressedBytes / 2)),
    'frame-2-checksum': all(second.offset + second.compressedBytes - 1),
    'trailer-magic': ends(trailer.offset),
    'trailer-length': ends(trailer.offset + 4),
    'trailer-raw-bytes': ends(trailer.offset + trailerText.indexOf('"rawBytes":') + 12),
    'trailer-compressed-bytes': ends(
      trailer.offset + trailerText.indexOf('"compressedBytes":') + 18,
    ),
    'trailer-frames': ends(trailer.offset + trailerText.indexOf('"frames":') + 9),
    'trailer-message': unseen(trailer.offset + trailerText.indexOf('"text":"') + 8),
    'trailer-padding': ends(tableAt - 1),
    'table-magic': ends(tableAt),
    'table-length': ends(tableAt + 4),
    'table-entry-size': ends(tableAt + 8 + 12),
    'table-entry-raw-size': ends(tableAt + 8 + 12 + 4),
    'table-entry-checksum': all(tableAt + 8 + 12 + 8),
    'table-count': ends(archive.length - 9),
    // Its lowest two bits mean nothing in the seekable format.
    'table-descriptor': unseen(archive.length - 5),
    'table-footer-magic': ends(archive.length - 1),
  } satisfies Record<string, Region>;
}
