// Archives whose parts say what they like. A length that is claimed is a hole where nothing else is given.

import { type ArchiveHeader, encodeArchiveHeader } from '../../src/archive/header.ts';
import { encodeJsonFrame } from '../../src/archive/json-frame.ts';
import { emptyChecksum } from '../../src/archive/seek-table.ts';
import { encodeSkippableHead } from '../../src/zstd/skippable-frame.ts';
import { archiveHeader } from './make-archive.ts';
import { type SparseFile, SparseFileBuilder } from './sparse-file.ts';

export interface HostileFrame {
  /** Stored bytes as the seek table has them. */
  readonly stored: number;
  readonly raw: number;
  readonly checksum?: number;
  /** What stands there; a hole behind it, up to `stored`. */
  readonly bytes?: Uint8Array;
}

export interface HostileArchive {
  readonly header?: Partial<ArchiveHeader>;
  readonly frames?: readonly HostileFrame[];
  /** Entries that the footer claims and that are a hole in front of the others. */
  readonly holeEntries?: number;
  /** Over what would be right. */
  readonly trailer?: Readonly<Record<string, unknown>>;
  /** In place of the trailer's JSON. */
  readonly trailerText?: string;
}

const entryBytes = 12;

/** An archive that fits together as long as `claims` do not say otherwise. */
export function hostileArchive(claims: HostileArchive): SparseFile {
  const { frames = [], holeEntries = 0 } = claims;
  const file = new SparseFileBuilder();
  const head = encodeArchiveHeader({ ...archiveHeader, ...claims.header });
  file.add(head);
  for (const { bytes = new Uint8Array(0), stored } of frames)
    file.add(bytes).hole(Math.max(0, stored - bytes.length));
  const tail = encodeJsonFrame(claims.trailerText ?? trailerText(claims));
  file.add(tail);
  const entries = [
    entry(head.length, 0, emptyChecksum),
    ...frames.map(({ stored, raw, checksum = 0 }) => entry(stored, raw, checksum)),
  ];
  addTable(file, entries, holeEntries, entry(tail.length, 0, emptyChecksum));
  return file.end();
}

function trailerText({ header, frames = [], holeEntries = 0, trailer }: HostileArchive): string {
  const { setId, stripe } = { ...archiveHeader, ...header };
  const sum = (of: (frame: HostileFrame) => number) =>
    frames.reduce((total, frame) => total + of(frame), 0);
  return JSON.stringify({
    vdibackup: 1,
    setId,
    stripe,
    rawBytes: sum(({ raw }) => raw),
    compressedBytes: sum(({ stored }) => stored),
    frames: frames.length + holeEntries,
    finished: '2026-01-02T03:09:05.000Z',
    messages: [],
    ...trailer,
  });
}

function entry(stored: number, raw: number, checksum: number): Buffer {
  const bytes = Buffer.alloc(entryBytes);
  for (const [index, value] of [stored, raw, checksum].entries())
    bytes.writeUInt32LE(value >>> 0, index * 4);
  return bytes;
}

function addTable(
  file: SparseFileBuilder,
  entries: readonly Buffer[],
  holeEntries: number,
  last: Buffer,
): void {
  const count = entries.length + holeEntries + 1;
  const footer = Buffer.alloc(9);
  footer.writeUInt32LE(count, 0);
  footer[4] = 0x80;
  footer.writeUInt32LE(0x8f92eab1, 5);
  const contentBytes = count * entryBytes + footer.length;
  file.add(encodeSkippableHead({ magic: 0x184d2a5e, contentBytes }), Buffer.concat(entries));
  file.hole(holeEntries * entryBytes).add(last, footer);
}
