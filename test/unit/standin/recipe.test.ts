import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatControlLine, parseControlLine } from '../../standin/control-line.ts';
import {
  hashRecipe,
  type Piece,
  readRecipe,
  recipeBytes,
  recipeLength,
  splitRecipe,
  writeRecipe,
} from '../../standin/recipe.ts';

let folder = '';
let source = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recipe test '));
  source = join(folder, 'source file');
  await writeFile(source, Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251)));
});

after(() => rm(folder, { recursive: true }));

async function bytesOf(pieces: readonly Piece[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of recipeBytes(pieces)) parts.push(part);
  return Buffer.concat(parts);
}

test('a recipe is written and read back, repeats and odd paths included', async () => {
  const pieces = [
    { path: source, offset: 10, length: 100, count: 1 },
    { path: source, offset: 0, length: 512, count: 3 },
  ];
  const path = join(folder, 'one.recipe');
  await writeRecipe(path, pieces);
  assert.deepEqual(await readRecipe(path), pieces);
  assert.equal(recipeLength(pieces), 1636);
});

test('length and hash are those of the bytes', async () => {
  const pieces = [{ path: source, offset: 1, length: 700, count: 4 }];
  const bytes = await bytesOf(pieces);
  assert.equal(bytes.length, 2800);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  assert.deepEqual(await hashRecipe(pieces), { length: 2800, sha256 });
});

test('parts are contiguous, whole blocks, and together the whole', async () => {
  const pieces = [
    { path: source, offset: 0, length: 1000, count: 3 },
    { path: source, offset: 4000, length: 1000, count: 1 },
  ];
  const parts = splitRecipe(pieces, 3, 512);
  assert.deepEqual(parts.map(recipeLength), [1536, 1536, 928]);
  const joined = Buffer.concat(await Promise.all(parts.map(bytesOf)));
  assert.ok(joined.equals(await bytesOf(pieces)));
});

test('control lines keep spaces, commas and equal signs inside values', () => {
  const line = formatControlLine('begin', { names: ['a,b', 'c d'], blocksize: 512, x: 'k=v' });
  assert.equal(line, 'begin names=a%2Cb,c%20d blocksize=512 x=k%3Dv');
  assert.deepEqual(parseControlLine('create set=a%20b devices=2 junk'), {
    verb: 'create',
    values: { set: 'a b', devices: '2' },
  });
});
