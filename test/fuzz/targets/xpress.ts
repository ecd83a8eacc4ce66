// One compressed record. `data` is its payload; its last byte says how many sectors are expected of it.

import assert from 'node:assert/strict';
import { decompressXpress } from '../../../src/mtf/mssqlbak/xpress-huffman.ts';

const sector = 512;

export function fuzz(data: Uint8Array): void {
  const sectors = data.at(-1) ?? 0;
  const raw = decompressXpress(data, sectors * sector);
  assert.ok(raw === undefined || raw.length === sectors * sector);
  const half = decompressXpress(data, (sectors >> 1) * sector);
  // A match may reach over the earlier end: then there is nothing. Else there is the beginning.
  if (raw && half) assert.deepEqual(half, raw.subarray(0, half.length));
}
