// The seek table of a file that is as long as the table says, and of one that has nothing else. What is accepted
// is what was there, entry by entry.

import assert from 'node:assert/strict';
import {
  decodeSeekTable,
  decodeSeekTableFooter,
  type SeekTable,
} from '../../../src/archive/seek-table.js';
import { skippableHeadBytes } from '../../../src/zstd/skippable-frame.js';
import { unlessRefused } from '../judge.js';

export function fuzz(data: Uint8Array): void {
  const bytes = Buffer.from(data);
  for (const fileBytes of [bytes.length, bytes.length + described(bytes)]) {
    const table = unlessRefused('integrity', () => decodeSeekTable(bytes, fileBytes, 'fuzzed'));
    if (table) assertRead(table, bytes, fileBytes);
  }
}

/** Bytes in front of the table, by its entries. */
function described(bytes: Buffer): number {
  const footer = unlessRefused('integrity', () =>
    decodeSeekTableFooter(bytes, bytes.length, 'fuzzed'),
  );
  if (!footer || footer.tableBytes !== bytes.length) return 0;
  let sum = 0;
  for (let entry = 0; entry < footer.entries; entry += 1)
    sum += bytes.readUInt32LE(skippableHeadBytes + entry * 12);
  return sum;
}

function assertRead(table: SeekTable, bytes: Buffer, fileBytes: number): void {
  const entries = [...table.entries()];
  const last = entries.at(-1);
  const end = last ? last.offset + last.compressedBytes : 0;
  assert.equal(end + bytes.length, fileBytes);
  const written = Buffer.concat([...table.encode()]);
  const again = decodeSeekTable(written, end + written.length, 'fuzzed');
  assert.deepEqual([...again.entries()], entries);
  // Without checksums another length, with them the same bytes but for two bits that mean nothing.
  if (written.length !== bytes.length) return;
  written[written.length - 5] = bytes[bytes.length - 5] as number;
  assert.deepEqual(written, bytes);
}
