import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import zstd from 'zstd-napi/binding.js';
import { FramePool } from '../../../src/memory/frame-pool.ts';
import { CompressPool } from '../../../src/pipeline/compress/compress-pool.ts';
import { compressBound } from '../../../src/zstd/frame-header.ts';

const frameSize = 256 * 1024;

/** The bytes behind each size, compressed by the pool and decompressed again. */
async function roundTrip(contents: readonly Uint8Array[], level: number): Promise<void> {
  const pool = FramePool.create(contents.length, frameSize, compressBound(frameSize));
  const compressor = new CompressPool(2, level, pool);
  try {
    const sizes = await Promise.all(
      contents.map((content, slot) => {
        pool.bytes(slot).set(content);
        return compressor.compress(slot, content.length);
      }),
    );
    for (const [slot, content] of contents.entries()) {
      const raw = Buffer.alloc(frameSize);
      const frame = Buffer.from(pool.bytes(slot).subarray(0, sizes[slot]));
      const bytes = new zstd.DCtx().decompress(raw, frame);
      assert.deepEqual(raw.subarray(0, bytes), Buffer.from(content));
    }
  } finally {
    await compressor.close();
  }
}

suite('compress pool', () => {
  const sizes = [1, 511, frameSize - 1, frameSize];
  test('frames of compressible bytes decompress to what went in', () =>
    roundTrip(
      sizes.map((size) => Buffer.alloc(size, 'page')),
      3,
    ));
  test('frames of random bytes fit their slot', () =>
    roundTrip(
      sizes.map((size) => randomBytes(size)),
      3,
    ));
  for (const level of [-7, 19]) {
    test(`level ${level}`, () => roundTrip([Buffer.alloc(frameSize, 'x')], level));
  }

  test('more jobs than threads are all answered', () =>
    roundTrip(
      Array.from({ length: 24 }, (_, seed) => Buffer.alloc(frameSize, seed + 1)),
      1,
    ));

  test('starts as many threads as it was told, and no more', async () => {
    const started: number[] = [];
    const count = (worker: { threadId: number }) => started.push(worker.threadId);
    process.on('worker', count);
    const compressor = new CompressPool(3, 1, FramePool.create(1, frameSize, frameSize));
    for (let patience = 0; started.length < 3 && patience < 500; patience += 1) await sleep(10);
    await sleep(200);
    await compressor.close();
    process.off('worker', count);
    assert.equal(started.length, 3);
  });

  test('a worker that dies fails what waits for it, with a Failure', async () => {
    // A slot that is too small for its frame makes the worker throw.
    const pool = FramePool.create(1, frameSize, 1024);
    const compressor = new CompressPool(1, 3, pool);
    pool.bytes(0).set(randomBytes(1024));
    await assert.rejects(compressor.compress(0, 1024), { code: 'compress-worker-crashed' });
    await assert.rejects(compressor.compress(0, 1024), { code: 'compress-worker-crashed' });
    await compressor.close();
  });
});
