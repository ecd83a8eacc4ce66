// A native backup stream, read in pieces, with and without sums made by others, and by hops. All must agree.

import assert from 'node:assert/strict';
import { sectorBytes, sumSectors } from '../../../src/memory/sector-sums.ts';
import { MtfDataCheck } from '../../../src/mtf/check/data-check.ts';
import { describeMtf, type MtfDescription } from '../../../src/mtf/description.ts';
import type { MtfFacts } from '../../../src/mtf/facts.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { MtfWalker } from '../../../src/mtf/walker.ts';
import { mendTape } from '../mend.ts';
import { piecesOf, wantsMending } from '../pieces.ts';

/** Pieces of the verification are whole sectors, with their sums. */
const summedBytes = 16 * sectorBytes;

export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Buffer.from(data);
  if (wantsMending(data)) mendTape(bytes);
  const whole = walk([bytes], false);
  assert.deepEqual(walk(piecesOf(bytes), false), whole, 'it depends on the pieces');
  assert.deepEqual(walk(summedPieces(bytes), true), whole, 'it depends on who makes the sums');
  const description = await describeMtf(rawBytesOf(bytes));
  const { facts } = whole;
  if (facts && !facts.compressed && facts.damage === undefined) assertAgree(facts, description);
}

function walk(pieces: Iterable<Uint8Array>, summed: boolean) {
  const damage: string[] = [];
  const data = new MtfDataCheck(({ message, rawOffset }) => damage.push(`${rawOffset} ${message}`));
  const walker = new MtfWalker(data);
  let position = 0;
  for (const piece of pieces) {
    data.expect(summed ? sumsOf(piece) : undefined, position, false);
    walker.push(piece);
    position += piece.length;
  }
  const { checked, bad, unchecked } = data.pages;
  const checksums = { ...data.checksums };
  return { damage, facts: walker.end(), checked, bad, unchecked, checksums };
}

function* summedPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += summedBytes) yield bytes.slice(at, at + summedBytes);
}

function sumsOf(piece: Uint8Array): Int32Array {
  const sectors = Math.floor(piece.length / sectorBytes);
  const words = new Int32Array(Uint8Array.from(piece).buffer, 0, piece.length >> 2);
  const sums = new Int32Array(sectors);
  sumSectors(words, sectors, sums);
  return sums;
}

/** Of a stream whose framing is whole, the walker (verify, backup) and the hops (info, restore) say the same. */
function assertAgree(facts: MtfFacts, { media, sets }: MtfDescription): void {
  assert.equal(sets.length, facts.sets, 'sets');
  assert.equal(media?.MediaSetId, facts.mediaSetId, 'media');
  assert.equal(media?.FamilyCount, facts.familyCount, 'stripes');
  const header = sets.at(-1)?.header;
  assert.equal(header?.BackupSetGUID, facts.set?.backupSetId);
  assert.equal(header?.BackupName, facts.set?.name);
  assert.equal(header?.Position, facts.set?.position);
  assert.equal(header?.TimeZoneMinutes, facts.set?.timeZoneMinutes);
  if (facts.set?.database !== undefined) assert.equal(header?.DatabaseName, facts.set.database);
}
