// A natively compressed backup: its chain of records, the filemark at its end, and what the first and last records hold.

import assert from 'node:assert/strict';
import { MssqlbakCheck } from '../../../src/mtf/mssqlbak/check.ts';
import { describeMssqlbak } from '../../../src/mtf/mssqlbak/description.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { MtfWalker } from '../../../src/mtf/walker.ts';
import { mendContainer } from '../mend.ts';
import { piecesOf, wantsMending } from '../pieces.ts';

export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Buffer.from(data);
  if (wantsMending(data)) mendContainer(bytes);
  assert.deepEqual(check(piecesOf(bytes)), check([bytes]), 'it depends on the pieces');
  await describeMssqlbak(rawBytesOf(bytes));
}

function check(pieces: Iterable<Uint8Array>) {
  const damage: string[] = [];
  const records = new MssqlbakCheck(({ message }) => damage.push(message));
  const walker = new MtfWalker();
  for (const piece of pieces) {
    records.push(piece);
    walker.push(piece);
  }
  records.end();
  return { damage, facts: walker.end(), records: { ...records.records } };
}
