// Whether bytes are a finished archive from its first to its last byte.

import assert from 'node:assert/strict';
import { type ArchiveHeader, decodeArchiveHeader } from '../../src/archive/header.ts';
import { decodeArchiveTrailer } from '../../src/archive/trailer.ts';
import { seekTableEntries } from './seek-table.ts';
import { decompressAll } from './zstd.ts';

export interface WholeArchive {
  readonly header: ArchiveHeader;
  readonly raw: Buffer;
  readonly finished: boolean;
}

/** Throws what is wrong with it. */
export function wholeArchive(file: Buffer): WholeArchive {
  const entries = seekTableEntries(file);
  const trailer = decodeArchiveTrailer(file.subarray(entries.at(-1)?.offset), 'it');
  const header = decodeArchiveHeader(file.subarray(0, entries[1]?.offset), 'it');
  assert.equal(header.setId, trailer.setId);
  const raw = Buffer.from(decompressAll(file));
  assert.equal(raw.length, trailer.rawBytes);
  return { header, raw, finished: trailer.finished !== undefined };
}
