// The data path of a restore, end to end but for its job: archives made by the real program, read, decompressed
// and fed through the real device set to the stand-in, which keeps what it got.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { openBackup } from '../../src/archive/reader/archive-reader.ts';
import { FramePool } from '../../src/memory/frame-pool.ts';
import { DecompressPool } from '../../src/pipeline/decompress/decompress-pool.ts';
import { RestorePipeline } from '../../src/pipeline/decompress/restore-pipeline.ts';
import { pipelineShape } from '../../src/pipeline/pipeline-shape.ts';
import { openMssqlSession } from '../../src/sql/tds/mssql-session.ts';
import { feedCapacity } from '../../src/vdi/device-protocol.ts';
import { openDeviceSet } from '../../src/vdi/open-device-set.ts';
import type { DeviceEnd } from '../../src/vdi/virtual-device-set.ts';
import { libraryPath, Rig } from '../rig/rig.ts';
import { decompressAll } from '../rig/zstd.ts';
import { standinSettings } from './standin-settings.ts';

const threads = 2;

interface Restored {
  readonly ok: boolean;
  readonly messages: readonly number[];
  readonly ends: readonly DeviceEnd[];
  readonly failures: readonly Error[];
  readonly rawBytes: number;
  readonly freeSlots: number;
  readonly slots: number;
}

/** Restores `files` as the job will: set, statement, pipeline. */
async function restore(rig: Rig, files: readonly string[], statement: string): Promise<Restored> {
  const shape = pipelineShape(files.length, threads);
  const pool = FramePool.create(shape.slotCount, shape.frameSize, shape.slotCapacity);
  const decompressor = new DecompressPool(threads, pool);
  const backups = await Promise.all(files.map(openBackup));
  const name = randomUUID();
  const deviceCount = files.length;
  const set = openDeviceSet({
    name,
    deviceCount,
    direction: 'restore',
    pool,
    library: libraryPath,
  });
  const session = await openMssqlSession(standinSettings(rig.server));
  const failures: Error[] = [];
  const pipeline = new RestorePipeline({
    pool,
    decompressor,
    backups,
    feedCapacity,
    feed: (device, feed) => set.feed(device, feed),
    onFailure: (_device, failure) => failures.push(failure),
  });
  set.create();
  const devices = set.deviceNames.map((device) => `VIRTUAL_DEVICE = N'${device}'`).join(', ');
  const running = session.execute(statement.replace('$devices', devices), () => undefined);
  await set.configured();
  set.openDevices();
  set.serve({
    consumed: (device, slot) => pipeline.consumed(device, slot),
    end: ({ device }) => pipeline.ended(device),
  });
  pipeline.start();
  const ends = await set.ended;
  set.close();
  const outcome = await running.outcome;
  await session.close();
  const freeSlots = await settledSlots(pool);
  await decompressor.close();
  for (const backup of backups) await backup.source.close();
  return {
    ok: outcome.ok,
    messages: outcome.messages.map((message) => message.number),
    ends,
    failures,
    rawBytes: pipeline.rawBytes,
    freeSlots,
    slots: shape.slotCount,
  };
}

/** Free slots once nothing is being read or decompressed any more. */
async function settledSlots(pool: FramePool): Promise<number> {
  for (let round = 0; round < 100 && pool.freeSlots < pool.handle.slotCount; round += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return pool.freeSlots;
}

suite('restoring through virtual devices', () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.create();
    Object.assign(process.env, rig.server.environment, { VDI_STANDIN_LOG: rig.judgeLog });
  });
  after(() => rig.close());

  async function backup(stripes: number, compress: string): Promise<string[]> {
    const id = randomUUID();
    const files = Array.from({ length: stripes }, (_, stripe) => rig.path(`${id}-${stripe}`));
    const ended = await rig.run(['Sales', ...files, '--compress', compress]).ended;
    assert.equal(ended.code, 0, ended.stderr);
    return files;
  }

  async function rawOf(file: string): Promise<Buffer> {
    const bytes = await readFile(file);
    return bytes.toString('latin1', 0, 4) === 'TAPE' ? bytes : decompressAll(bytes);
  }

  for (const stripes of [1, 3, 8]) {
    for (const compress of ['zstd:1', 'none']) {
      test(`${stripes} stripes, ${compress}: the server receives what it sent`, async () => {
        const files = await backup(stripes, compress);
        const restored = await restore(
          rig,
          files,
          'RESTORE DATABASE [Copy] FROM $devices WITH REPLACE',
        );
        assert.ok(restored.ok, restored.messages.join());
        const run = rig.server.runs.at(-1);
        for (const [device, file] of files.entries()) {
          const raw = await rawOf(file);
          const got = await run?.devices[device]?.bytes();
          assert.equal(got?.length, raw.length);
          const { createHash } = await import('node:crypto');
          assert.equal(got?.sha256, createHash('sha256').update(raw).digest('hex'));
        }
        assert.ok(restored.ends.every((end) => end.how === 'closed'));
        assert.equal(restored.freeSlots, restored.slots, 'every slot came back');
        assert.deepEqual(rig.breaches, []);
      });
    }
  }

  test('a server that has read enough closes early, and nothing has failed', async () => {
    const files = await backup(1, 'zstd:1');
    const restored = await restore(rig, files, 'RESTORE FILELISTONLY FROM $devices');
    assert.ok(restored.ok, restored.messages.join());
    assert.deepEqual(restored.failures, []);
    assert.ok(restored.ends.every((end) => end.how === 'closed'));
    assert.equal(restored.freeSlots, restored.slots, 'every slot came back');
    assert.deepEqual(rig.breaches, []);
  });

  test('a damaged frame fails the Read with 30, never with the end of the file', async () => {
    const [file = ''] = await backup(1, 'zstd:1');
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    await writeFile(file, bytes);
    const restored = await restore(
      rig,
      [file],
      'RESTORE DATABASE [Bad] FROM $devices WITH REPLACE',
    );
    assert.equal(restored.ok, false);
    assert.match(restored.failures[0]?.message ?? '', /frame \d+ at byte \d+/);
    assert.deepEqual(
      rig.server.runs.at(-1)?.errors.map((error) => error.win32),
      [30],
    );
    assert.deepEqual(rig.breaches, []);
  });
});
