import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { MiB } from '../../../src/base/byte-size.ts';
import { Failure } from '../../../src/base/errors.ts';
import { maxHeadBytes, openStdin, StdinSource } from '../../../src/storage/stdin-source.ts';

/** A byte of position `at`. */
const byteAt = (at: number) => (at * 31 + (at >> 8)) & 0xff;

/** `length` bytes in pieces of uneven sizes; counts what was taken of it. */
function stream(length: number, pieceBytes: number): { readable: Readable; taken: () => number } {
  let at = 0;
  const pieces = function* () {
    while (at < length) {
      const size = Math.min(pieceBytes, length - at);
      const from = at;
      at += size;
      yield Buffer.from(Array.from({ length: size }, (_, index) => byteAt(from + index)));
    }
  };
  return { readable: Readable.from(pieces(), { objectMode: false }), taken: () => at };
}

async function readAt(source: StdinSource, position: number, length: number): Promise<Buffer> {
  const target = Buffer.alloc(length);
  return target.subarray(0, await source.read(target, position));
}

function expected(position: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => byteAt(position + index)));
}

suite('standard input as a source', () => {
  test('gives any part of its beginning again, across pieces, and knows its end once it has met it', async () => {
    const { readable } = stream(10_000, 333);
    const source = new StdinSource(readable);
    assert.equal(source.bytes, Number.MAX_SAFE_INTEGER);
    for (const [position, length] of [
      [0, 12],
      [300, 700],
      [0, 1],
      [332, 2],
      [9_000, 1000],
    ] as const)
      assert.deepEqual(await readAt(source, position, length), expected(position, length));
    assert.deepEqual(await readAt(source, 9_990, 100), expected(9_990, 10));
    assert.equal(source.bytes, 10_000);
    assert.equal((await readAt(source, 20_000, 10)).length, 0);
  });

  test('takes no more than is asked for, but for one piece', async () => {
    const { readable, taken } = stream(5 * MiB, 65_536);
    await readAt(new StdinSource(readable), 0, 1000);
    // What the stream itself reads ahead comes on top.
    assert.ok(taken() <= 4 * 65_536, String(taken()));
  });

  test('keeps a bounded head, and says what to do beyond', async () => {
    const piece = Buffer.alloc(MiB);
    const endless = Readable.from(
      (function* () {
        for (;;) yield piece;
      })(),
      { objectMode: false },
    );
    const source = new StdinSource(endless);
    await readAt(source, maxHeadBytes - 10 * MiB, MiB);
    const isIt = (error: unknown) =>
      error instanceof Failure && error.code === 'stdin-head-too-long' && error.hints.length > 0;
    await assert.rejects(readAt(source, maxHeadBytes + MiB, 10), isIt);
    await source.close();
  });

  test('forgets what was passed once the head is no longer needed', async () => {
    const { readable } = stream(40 * MiB, MiB);
    const source = new StdinSource(readable);
    await readAt(source, 0, 100);
    source.passHead();
    const seen = createHash('sha256');
    const whole = createHash('sha256');
    for (let at = 0; at < 40 * MiB; at += MiB) {
      seen.update(await readAt(source, at, MiB));
      whole.update(expected(at, MiB));
    }
    assert.equal(seen.digest('hex'), whole.digest('hex'));
    assert.deepEqual(await readAt(source, 30 * MiB, 10), expected(30 * MiB, 10));
    await assert.rejects(readAt(source, 0, 10), /internal error/);
  });

  test('a redirected file is a file, from where others have read to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stdin-source-'));
    const path = join(folder, 'file');
    writeFileSync(path, expected(0, 10_000));
    const descriptor = openSync(path, 'r');
    const source = await openStdin(descriptor);
    assert.equal(source.seekable, true);
    assert.equal(source.bytes, 10_000);
    // Without a position a read moves the one that the descriptor has.
    readSync(descriptor, Buffer.alloc(100), 0, 100, null);
    const rest = await openStdin(descriptor);
    assert.equal(rest.seekable, false);
    const target = Buffer.alloc(20);
    assert.equal(await rest.read(target, 0), 20);
    assert.deepEqual(target, expected(100, 20));
    await rest.close();
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });

  test('what is kept is there at once, while an earlier read waits for more', async () => {
    const pipe = new PassThrough();
    const source = new StdinSource(pipe);
    pipe.write(expected(0, 1000));
    await readAt(source, 0, 999);
    const waiting = readAt(source, 900, 200);
    assert.deepEqual(await readAt(source, 0, 999), expected(0, 999));
    pipe.end(expected(1000, 500));
    assert.deepEqual(await waiting, expected(900, 200));
  });

  test('a read of the pass before takes nothing from the next one', async () => {
    const pipe = new PassThrough();
    const source = new StdinSource(pipe);
    const begun = readAt(source, 40 * MiB, 1000);
    source.passHead();
    for (let at = 0; at < 41 * MiB; at += MiB) pipe.write(Buffer.alloc(MiB, at / MiB));
    await begun;
    assert.deepEqual(await readAt(source, 0, 10), Buffer.alloc(10, 0));
    assert.deepEqual(await readAt(source, 2 * MiB, 10), Buffer.alloc(10, 2));
    pipe.destroy();
  });

  test('that fails says so, for good', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('gone'));
      },
    });
    const source = new StdinSource(broken);
    for (let turn = 0; turn < 2; turn += 1)
      await assert.rejects(
        readAt(source, 0, 1),
        (error) => error instanceof Failure && error.kind === 'io',
      );
  });
});
