// Of which medium and stripe a natively compressed backup is, read as it passes by.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { MtfWalker } from '../../../src/mtf/walker.ts';
import { containerSample } from '../../fuzz/container-sample.ts';
import { verify } from '../../rig/read-jobs.ts';

/** As mediaHeader (stream-sample.ts) has it. */
const media = {
  mediaSetId: '33323130-3534-3736-3839-616263646566',
  familyCount: 2,
  familySequence: 1,
};
const complete = { compressed: true, complete: true, sets: 1 };

function facts(bytes: Uint8Array, size: number) {
  const walker = new MtfWalker();
  for (let at = 0; at < bytes.length; at += size) walker.push(bytes.subarray(at, at + size));
  return walker.end();
}

suite('the media header of a compressed backup', () => {
  const sample = containerSample();
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mssqlbak-media-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('is read from pieces of any size', () => {
    for (const size of [1, 479, 480, 1000, sample.length])
      assert.deepEqual(facts(sample, size), { ...complete, ...media }, `pieces of ${size}`);
  });

  test('says nothing when its record is damaged or cut', () => {
    const damaged = Buffer.from(sample);
    damaged.writeUInt8(damaged.readUInt8(480 + 28 + 300) ^ 1, 480 + 28 + 300);
    assert.deepEqual(facts(damaged, sample.length), complete);
    const cut = sample.subarray(0, 600);
    assert.deepEqual(facts(cut, cut.length), { compressed: true, complete: false, sets: 0 });
  });

  test('makes verify miss the other stripe', async () => {
    const path = join(folder, 'stripe1.bak');
    await writeFile(path, sample);
    const { exitCode, report } = await verify([path]);
    assert.deepEqual(report.files[0]?.stripe, { set: media.mediaSetId, stripe: 1, stripes: 2 });
    assert.equal(exitCode, 2);
  });
});
