// Every bit that means something in the head of every record of real, natively compressed backups, flipped one at a time:
// each is damage, exit 9. Half of the heads a file, so that two cores share them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';
import { MssqlbakCheck } from '../../src/mtf/mssqlbak/check.ts';
import { verify } from './read-jobs.ts';
import { compressedBackups, type RecordHead, recordHeads } from './record-heads.ts';

const bits = [0, 1, 2, 3, 4, 5, 6, 7];
/** The check stops at the first damage: what stands behind it does not matter here. */
const pieceBytes = 1 << 18;

function isDamaged(container: Buffer): boolean {
  let damages = 0;
  const records = new MssqlbakCheck(() => {
    damages += 1;
  });
  for (let at = 0; at < container.length && damages === 0; at += pieceBytes)
    records.push(container.subarray(at, at + pieceBytes));
  if (damages === 0) records.end();
  return damages > 0;
}

function flip(bytes: Buffer, at: number, bit: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
}

/** Bits that were flipped. */
function bendEach(container: Buffer, heads: readonly RecordHead[]): number {
  let flips = 0;
  for (const { meaning } of heads)
    for (const at of meaning)
      for (const bit of bits) {
        flip(container, at, bit);
        assert.ok(isDamaged(container), `bit ${bit} of byte ${at} passes`);
        flip(container, at, bit);
        flips += 1;
      }
  return flips;
}

/** One bit of each head, another one each time, through the whole job. */
async function verifyEach(path: string, container: Buffer, heads: readonly RecordHead[]) {
  await writeFile(path, container);
  const file = await open(path, 'r+');
  try {
    for (const [index, { meaning }] of heads.entries()) {
      const at = meaning[index % meaning.length] ?? 0;
      const byte = container[at] ?? 0;
      await file.write(Buffer.from([byte ^ (1 << ((index >> 3) % 8))]), 0, 1, at);
      const { exitCode } = await verify([path]);
      assert.equal(exitCode, 9, `a bit of byte ${at}`);
      await file.write(Buffer.from([byte]), 0, 1, at);
    }
  } finally {
    await file.close();
  }
  assert.equal((await verify([path])).exitCode, 0, 'put right again it is good');
}

/** `parity`: of the heads with even numbers, or with odd ones. */
export function bentHeads(parity: 0 | 1): void {
  suite('a flipped bit in the head of a record', () => {
    for (const path of compressedBackups()) {
      const container = readFileSync(path);
      const heads = recordHeads(container).filter((_, index) => index % 2 === parity);

      test(`${basename(path)}: ${heads.length} heads, any of their ${heads.length * 64} bits`, () =>
        assert.equal(bendEach(container, heads), heads.length * 64));

      test(`${basename(path)}: verify ends with 9, whichever head it is`, async () => {
        const folder = await mkdtemp(join(tmpdir(), 'bent-heads-'));
        try {
          await verifyEach(join(folder, 'bent.bak'), container, heads);
        } finally {
          await rm(folder, { recursive: true });
        }
      });
    }
  });
}
