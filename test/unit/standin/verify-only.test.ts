// What the stand-in says to RESTORE VERIFYONLY: SQL Server's words for each kind of damage, set by set.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpusPath } from '../../rig/rig.ts';
import { RunDevice } from '../../standin/device-run.ts';
import { StreamLibrary } from '../../standin/device-streams.ts';
import { Instance } from '../../standin/instance.ts';
import { recipeBytes } from '../../standin/recipe.ts';
import { judgeRestore } from '../../standin/restore-judge.ts';

let folder: string;
let stream: Buffer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-only-'));
  stream = await backup('full');
});
after(() => rm(folder, { recursive: true }));

async function backup(type: 'full' | 'log'): Promise<Buffer> {
  const databases = [{ name: 'Sales', streams: { kind: 'generate', bytes: 1_000_000 } }] as const;
  const instance = new Instance({ databases });
  const [database] = instance.databases.filter(({ name }) => name === 'Sales');
  assert.ok(database);
  const sizes = { devices: 1, blockSize: 512, transferSize: 65_536 };
  const streams = await new StreamLibrary(instance, folder).streams({
    ...sizes,
    database,
    type,
    checksum: true,
    compression: false,
    name: null,
    user: 'sa',
  });
  const parts: Buffer[] = [];
  for await (const part of recipeBytes(streams.devices[0] ?? [])) parts.push(part);
  return Buffer.concat(parts);
}

/** Number of the message; undefined when the set is valid. */
async function verdict(bytes: Buffer, file = 1, checksum = true): Promise<number | undefined> {
  const path = join(folder, 'received');
  await writeFile(path, bytes);
  const device = new RunDevice('set', [{ path, offset: 0, length: bytes.length, count: 1 }]);
  const request = { operation: 'VERIFY DATABASE', blockSize: 512, checksum, file } as const;
  return (await judgeRestore([device], request)).failure?.number;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe('VERIFYONLY', () => {
  test('of a whole backup finds nothing, of a bit flipped in a page 3189', async () => {
    assert.equal(await verdict(stream), undefined);
    assert.equal(await verdict(flipped(stream, 500_000)), 3189);
    assert.equal(await verdict(flipped(stream, stream.indexOf('MSDA'))), 3241);
    assert.equal(await verdict(stream.subarray(0, -512)), 3203);
  });

  test('is about one set: what happened to another does not count', async () => {
    const log = await backup('log');
    const both = Buffer.concat([stream, log.subarray(log.indexOf('SSET'))]);
    assert.deepEqual([await verdict(both, 1), await verdict(both, 2)], [undefined, undefined]);
    assert.equal(await verdict(both, 3), 4038);
    const second = flipped(both, both.indexOf('MQTL', stream.length) + 1000);
    assert.deepEqual([await verdict(second, 1), await verdict(second, 2)], [undefined, 3189]);
    const first = flipped(both, 500_000);
    assert.deepEqual([await verdict(first, 1), await verdict(first, 2)], [3189, undefined]);
    const cut = both.subarray(0, -512);
    assert.deepEqual([await verdict(cut, 1), await verdict(cut, 2)], [undefined, 3203]);
  });

  const compressed = existsSync(corpusPath)
    ? readdirSync(corpusPath).filter((name) => name.includes('compressed'))
    : [];
  for (const name of compressed)
    test(`of ${name} checks its records`, async () => {
      const bytes = readFileSync(join(corpusPath, name));
      assert.equal(await verdict(bytes, 1, false), undefined);
      assert.equal(await verdict(bytes, 2, false), 4038);
      assert.equal(await verdict(bytes), 3187);
      for (const part of [0.3, 0.6, 0.9]) {
        const at = Math.floor(bytes.length * part);
        assert.equal(await verdict(flipped(bytes, at), 1, false), 3203);
        assert.equal(await verdict(bytes.subarray(0, at), 1, false), 3203);
      }
    });
});
