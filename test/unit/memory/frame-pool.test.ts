import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { FramePool } from '../../../src/memory/frame-pool.ts';

const never = () => false;

/** A thread that acquires `count` slots from the pool and posts each. */
function acquirer(pool: FramePool, count: number): Worker {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.module).then(({ FramePool }) => {
      const pool = new FramePool(workerData.handle);
      for (let i = 0; i < workerData.count; i += 1) parentPort.postMessage(pool.acquire(() => false));
    });`;
  const module = new URL('../../../src/memory/frame-pool.js', import.meta.url).href;
  return new Worker(code, { eval: true, workerData: { module, handle: pool.handle, count } });
}

suite('frame pool', () => {
  test('gives every slot once and then none', () => {
    const pool = FramePool.create(3, 16, 32);
    assert.deepEqual(
      [pool.tryAcquire(), pool.tryAcquire(), pool.tryAcquire(), pool.tryAcquire()],
      [0, 1, 2, -1],
    );
    assert.equal(pool.freeSlots, 0);
    pool.release(1);
    assert.equal(pool.freeSlots, 1);
    assert.equal(pool.acquire(never), 1);
  });

  test('slots do not overlap', () => {
    const pool = FramePool.create(2, 16, 32);
    pool.bytes(0).fill(1);
    pool.bytes(1).fill(2);
    assert.ok(pool.bytes(0).every((byte) => byte === 1));
    assert.equal(pool.bytes(1).length, 32);
    assert.throws(() => pool.bytes(2), /internal error/);
  });

  test('a thread that finds no slot sleeps until one is released', async () => {
    const pool = FramePool.create(1, 16, 16);
    pool.tryAcquire();
    const worker = acquirer(pool, 1);
    const message = new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => worker.once('online', resolve));
    const early = await Promise.race([
      message,
      new Promise((resolve) => setTimeout(resolve, 150, 'asleep')),
    ]);
    assert.equal(early, 'asleep');
    pool.release(0);
    assert.equal(await message, 0);
    await worker.terminate();
  });

  test('abort wakes sleepers with -1, for ever', async () => {
    const pool = FramePool.create(1, 16, 16);
    pool.tryAcquire();
    const worker = acquirer(pool, 2);
    const answers: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      worker.on('message', (slot) => answers.push(slot) === 2 && resolve());
    });
    pool.abort();
    await both;
    assert.deepEqual(answers, [-1, -1]);
    await worker.terminate();
  });

  test('a waiter that gave up gets -1 without an abort', () => {
    const pool = FramePool.create(1, 16, 16);
    assert.equal(
      pool.acquire(() => true),
      -1,
    );
    assert.equal(pool.aborted, false);
  });
});
