import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StripeWriter } from '../../../src/archive/writer/stripe-writer.ts';
import { Failure } from '../../../src/base/errors.ts';
import { FramePool } from '../../../src/memory/frame-pool.ts';
import { BackupPipeline } from '../../../src/pipeline/compress/backup-pipeline.ts';
import type { Throttle } from '../../../src/pipeline/compress/throttle.ts';

const turn = () => Promise.resolve().then(() => Promise.resolve());

/** A writer that keeps what it got and can be told to fail. */
class Memory implements Pick<StripeWriter, 'appendFrame' | 'seal'> {
  readonly written: number[] = [];
  readonly seals: number[] = [];
  failWith: Error | undefined;

  async appendFrame(frame: Uint8Array): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failWith) throw this.failWith;
    this.written.push(frame[0] ?? -1);
  }

  async seal(): Promise<void> {
    if (this.failWith) throw this.failWith;
    this.seals.push(this.written.length);
  }
}

function rig(stripes: number, throttle?: Pick<Throttle, 'delay'>) {
  const pool = FramePool.create(16, 8, 8);
  const writers = Array.from({ length: stripes }, () => new Memory());
  const failures: [number, Error][] = [];
  const observed: number[] = [];
  const pipeline = new BackupPipeline({
    pool,
    compressor: undefined,
    throttle: throttle as Throttle | undefined,
    writers,
    facts: () => ({ messages: [] }),
    observe: (_device, bytes) => observed.push(bytes[0] ?? -1),
    onFailure: (device, failure) => failures.push([device, failure]),
  });
  const give = (device: number, value: number) => {
    const slot = pool.tryAcquire();
    pool.bytes(slot)[0] = value;
    pipeline.frame(device, slot, 1);
  };
  return { pool, writers, failures, observed, pipeline, give };
}

suite('backup pipeline', () => {
  test('writes in the order of the device and gives every slot back', async () => {
    const { pool, writers, observed, pipeline, give } = rig(2);
    for (const value of [1, 2, 3, 4]) give(value % 2, value);
    await pipeline.drained();
    assert.deepEqual(
      writers.map((writer) => writer.written),
      [
        [2, 4],
        [1, 3],
      ],
    );
    assert.deepEqual(observed, [1, 2, 3, 4]);
    assert.equal(pool.freeSlots, 16);
    assert.equal(pipeline.rawBytes, 4);
  });

  test('a barrier is answered only after everything before it is written and sealed', async () => {
    const { writers, pipeline, give } = rig(1);
    give(0, 1);
    give(0, 2);
    assert.equal(await pipeline.barrier(0), 0);
    assert.deepEqual(writers[0]?.seals, [2]);
  });

  test('a failed write fails the barrier with its Win32 code and is reported', async () => {
    const { writers, failures, pipeline, give } = rig(1);
    const full = new Failure('disk-full', 'full', { win32: 112 });
    if (writers[0]) writers[0].failWith = full;
    give(0, 1);
    assert.equal(await pipeline.barrier(0), 112);
    assert.ok(failures.length >= 1);
    assert.deepEqual(failures[0], [0, full]);
    await assert.rejects(pipeline.drained(), full);
  });

  test('a failed write is reported before any barrier asks', async () => {
    const { writers, failures, pipeline, give } = rig(2);
    const full = new Failure('disk-full', 'full', { win32: 112 });
    if (writers[1]) writers[1].failWith = full;
    give(1, 1);
    await assert.rejects(pipeline.drained(), full);
    assert.deepEqual(failures, [[1, full]]);
  });

  test('says what it waits for', async () => {
    const { pipeline, give } = rig(1);
    assert.equal(pipeline.waitsFor, 'nothing');
    give(0, 1);
    await turn();
    assert.equal(pipeline.waitsFor, 'disk');
    await pipeline.drained();
    assert.equal(pipeline.waitsFor, 'nothing');
    const barrier = pipeline.barrier(0);
    assert.equal(pipeline.waitsFor, 'disk');
    await barrier;
    assert.equal(pipeline.waitsFor, 'nothing');
  });

  test('counts what it took and what it stored', async () => {
    const { pipeline, give } = rig(1);
    for (const value of [1, 2, 3]) give(0, value);
    await pipeline.drained();
    assert.deepEqual([pipeline.rawBytes, pipeline.storedBytes], [3, 3]);
  });

  test('a throttled frame waits, and that shows', async () => {
    const { pipeline, give } = rig(1, { delay: () => 30 });
    assert.equal(pipeline.throttled, false);
    give(0, 1);
    assert.equal(pipeline.throttled, true);
    assert.equal(pipeline.storedBytes, 0);
    await pipeline.drained();
    assert.equal(pipeline.throttled, false);
    assert.equal(pipeline.storedBytes, 1);
  });

  test('a failure of unknown kind is an I/O device error', async () => {
    const { writers, pipeline } = rig(1);
    if (writers[0]) writers[0].failWith = new Error('strange');
    assert.equal(await pipeline.barrier(0), 1117);
  });
});
