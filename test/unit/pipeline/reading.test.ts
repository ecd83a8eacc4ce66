// The parts of the way back, each alone.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import zstd from 'zstd-napi/binding.js';
import { openBackup, openSource } from '../../../src/archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../../src/archive/reader/stored-archive.ts';
import { FramePool } from '../../../src/memory/frame-pool.ts';
import { sumSectors } from '../../../src/memory/sector-sums.ts';
import { sharedMemory, simdSummer } from '../../../src/memory/sector-sums-simd.ts';
import { OrderedQueue } from '../../../src/pipeline/decompress/ordered-queue.ts';
import { rawBytesOfBackup } from '../../../src/pipeline/decompress/raw-bytes.ts';
import { ReadPipeline } from '../../../src/pipeline/decompress/read-pipeline.ts';
import { SlotShare } from '../../../src/pipeline/decompress/slot-share.ts';
import type { Source } from '../../../src/storage/source.ts';
import { StdinSource } from '../../../src/storage/stdin-source.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { info } from '../../rig/read-jobs.ts';

suite('slot share', () => {
  const share = (slots: number, stripes: number) => {
    const pool = FramePool.create(slots, 8, 8);
    return { pool, share: new SlotShare(pool, stripes) };
  };
  const isPending = async (promise: Promise<unknown>) =>
    (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, 'late'))])) ===
    'late';

  test('one stripe never takes the last slot another one needs', async () => {
    const { share: slots } = share(4, 2);
    for (let taken = 0; taken < 3; taken += 1) assert.ok((await slots.acquire(0)) !== undefined);
    const fourth = slots.acquire(0);
    assert.ok(await isPending(fourth));
    assert.ok((await slots.acquire(1)) !== undefined);
    slots.release(0, 0);
    assert.ok((await fourth) !== undefined);
  });

  test('a stripe that is done leaves its share to the others', async () => {
    const { share: slots } = share(2, 2);
    await slots.acquire(0);
    const second = slots.acquire(0);
    assert.ok(await isPending(second));
    slots.retire(1);
    assert.ok((await second) !== undefined);
  });

  test('whoever waits gets nothing once its stripe is done', async () => {
    const { share: slots } = share(1, 1);
    await slots.acquire(0);
    const waiting = slots.acquire(0);
    slots.retire(0);
    assert.equal(await waiting, undefined);
  });

  test('stripes of any appetite all get through, and every slot comes back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 4 }),
        async (appetites, spare) => {
          const { pool, share: slots } = share(appetites.length + spare, appetites.length);
          await Promise.all(
            appetites.map(async (appetite, stripe) => {
              for (let round = 0; round < appetite; round += 1) {
                const slot = await slots.acquire(stripe);
                await new Promise((resolve) => setImmediate(resolve));
                slots.release(stripe, slot ?? -1);
              }
              slots.retire(stripe);
            }),
          );
          assert.equal(pool.freeSlots, appetites.length + spare);
        },
      ),
      { numRuns: 30 },
    ));
});

suite('ordered queue', () => {
  test('gives results in the order of their promises, then the failure', async () => {
    const queue = new OrderedQueue<number>();
    queue.push(new Promise((resolve) => setTimeout(resolve, 20, 1)));
    queue.push(Promise.resolve(2));
    queue.fail(new Error('over'));
    assert.deepEqual([await queue.next(), await queue.next()], [1, 2]);
    await assert.rejects(queue.next(), /over/);
  });

  test('drain takes what is left, failures dropped', async () => {
    const queue = new OrderedQueue<number>();
    const taken: number[] = [];
    queue.push(Promise.resolve(1));
    queue.push(Promise.reject(new Error('bad')));
    queue.push(Promise.resolve(3));
    queue.end();
    await queue.drain((value) => taken.push(value));
    assert.deepEqual(taken, [1, 3]);
  });
});

suite('sector sums', () => {
  test('SIMD and plain sums are the same for any bytes', () => {
    const memory = sharedMemory(1 << 20);
    assert.ok(memory);
    const simd = simdSummer(memory);
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.nat({ max: 100 }), (sectors, shift) => {
        const bytes = new Uint8Array(memory.buffer, shift * 4, sectors * 512);
        bytes.set(randomBytes(bytes.length));
        const sums = new Int32Array(memory.buffer, 1 << 19, sectors);
        simd(shift * 4, sectors, 1 << 19);
        const plain = new Int32Array(sectors);
        sumSectors(new Int32Array(memory.buffer, shift * 4, sectors * 128), sectors, plain);
        assert.deepEqual([...sums], [...plain]);
      }),
    );
  });
});

suite('raw reader', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reading-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function rawOf(path: string): Promise<Buffer> {
    return rawOfBackup(await openBackup(path));
  }

  async function rawOfBackup(backup: StoredBackup): Promise<Buffer> {
    const pipeline = new ReadPipeline(2);
    const reader = pipeline.read(backup, { sums: false, tolerant: false });
    const parts: Buffer[] = [];
    try {
      for (;;) {
        const piece = await reader.next();
        if (!piece) break;
        parts.push(Buffer.from(pipeline.bytes(piece)));
        reader.release(piece);
      }
      return Buffer.concat(parts);
    } finally {
      await reader.stop();
      await pipeline.close();
      await backup.source.close();
    }
  }

  /** Bytes that compress a little, `TAPE` in front. */
  function raw(length: number): Buffer {
    const bytes = Buffer.alloc(length, 'the quick brown fox');
    for (let at = 0; at < length; at += 64) bytes[at] = (at * 2654435761) >>> 24;
    bytes.write('TAPE', 'latin1');
    return bytes;
  }

  /** Zstandard frames of the pieces, as other programs make them. */
  function zstdOf(pieces: readonly Buffer[], contentSize: boolean): Buffer {
    const context = new zstd.CCtx();
    context.setParameter(zstd.CParameter.contentSizeFlag, contentSize ? 1 : 0);
    return Buffer.concat(
      pieces.map((piece) => {
        const frame = Buffer.alloc(zstd.compressBound(piece.length));
        return frame.subarray(0, context.compress2(frame, piece));
      }),
    );
  }

  const cases: [string, () => Promise<[Buffer, Buffer]> | [Buffer, Buffer]][] = [
    ['a raw file', () => [raw(9_000_001), raw(9_000_001)]],
    ['one huge frame', () => [raw(9_000_001), zstdOf([raw(9_000_001)], true)]],
    ['frames of unknown size', () => [raw(9_000_001), zstdOf([raw(9_000_001)], false)]],
    [
      'many frames, small and large',
      () => {
        const bytes = raw(12_000_000);
        const cuts = [0, 1_000_000, 5_000_000, 5_000_100, 11_000_000, 12_000_000];
        const pieces = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
        return [bytes, zstdOf(pieces, true)];
      },
    ],
  ];
  for (const [title, make] of cases) {
    test(`${title}: every byte, in order`, async () => {
      const [bytes, stored] = await make();
      const path = join(folder, title.replaceAll(' ', '-'));
      await writeFile(path, stored);
      assert.ok((await rawOf(path)).equals(bytes));
    });
  }

  test('info does not look through two million frames that hold nothing', async () => {
    const path = join(folder, 'nothing');
    const nothing = zstdOf([Buffer.alloc(0)], true);
    await writeFile(path, Buffer.concat(Array.from({ length: 2_000_000 }, () => nothing)));
    await assert.rejects(info(path), { kind: 'integrity', code: 'not-a-backup' });
  });

  test('how long a stream is is only said of a whole one', async () => {
    const path = join(folder, 'prefix');
    const frame = zstdOf([raw(300_000)], false);
    const lengthOf = async (bytes: Buffer) => {
      await writeFile(path, bytes);
      const backup = await openBackup(path);
      const stream = rawBytesOfBackup(backup);
      await stream.read(0, 1_000_000);
      await backup.source.close();
      return stream.length;
    };
    assert.equal(await lengthOf(frame), 300_000);
    assert.equal(await lengthOf(Buffer.concat([frame, frame])), 600_000);
    for (const length of [frame.length - 1, frame.length >> 1, frame.length + 1, frame.length + 9])
      assert.equal(await lengthOf(Buffer.concat([frame, frame]).subarray(0, length)), undefined);
  });

  test('a part of an archive is refused wherever it stands between the frames of another program', async () => {
    const archive = join(folder, 'stray');
    await writeArchive(archive, [raw(600_000)]);
    const ours = await readFile(archive);
    const path = join(folder, 'strayed');
    const fronts = [
      zstdOf([raw(100_000)], true),
      zstdOf([raw(100)], true),
      zstdOf([raw(9_000_000)], false),
    ];
    for (const front of fronts) {
      await writeFile(path, Buffer.concat([front, ours]));
      await assert.rejects(rawOf(path), /is a part of an archive of vdibackup, but it does not/);
    }
    // Through every byte of the frame's beginning goes a cut between two pieces of input.
    const tiny = zstdOf([raw(100)], true);
    for (let cut = 0; cut <= 24; cut += 1) {
      const filler = Buffer.alloc(512 * 1024 - cut - tiny.length);
      filler.writeUInt32LE(0x184d2a53, 0);
      filler.writeUInt32LE(filler.length - 8, 4);
      await writeFile(path, Buffer.concat([tiny, filler, ours]));
      await assert.rejects(rawOf(path), { kind: 'integrity', code: 'archive-damaged' }, `${cut}`);
    }
  });

  test('other skippable frames are passed over, without a read for each', async () => {
    const path = join(folder, 'skippable');
    const skipped = Buffer.alloc(40, 'hello');
    skipped.writeUInt32LE(0x184d2a50, 0);
    skipped.writeUInt32LE(32, 4);
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => skipped));
    const frame = zstdOf([raw(100_000)], true);
    await writeFile(
      path,
      Buffer.concat([frame, many, frame, many, zstdOf([raw(100)], true), many]),
    );
    const backup = await openBackup(path);
    let reads = 0;
    const { source } = backup;
    const counting: Source = {
      name: source.name,
      bytes: source.bytes,
      seekable: true,
      descriptor: source.descriptor,
      read: (target, position) => {
        reads += 1;
        return source.read(target, position);
      },
      close: () => source.close(),
    };
    assert.equal((await rawOfBackup({ ...backup, source: counting })).length, 200_100);
    assert.ok(reads < 500, `${reads} reads`);
  });

  test('info does not say what is in a stream of which it sees nothing', async () => {
    const path = join(folder, 'unseen');
    const whole = zstdOf([raw(200_000).subarray(64)], true);
    const needsDictionary = Buffer.from('28b52ffd21010800004101', 'hex');
    const window = Buffer.from(whole);
    // 1 GiB, in front of a content size of 4 bytes.
    window.set([0x80, 20 << 3], 4);
    for (const bytes of [whole.subarray(0, 1000), needsDictionary, window]) {
      await writeFile(path, bytes);
      await assert.rejects(info(path), { kind: 'integrity', code: 'unreadable-stream' });
    }
    for (const bytes of [whole, zstdOf([Buffer.alloc(0)], true), zstdOf([Buffer.alloc(3)], true)]) {
      await writeFile(path, bytes);
      await assert.rejects(info(path), { kind: 'integrity', code: 'not-a-backup' });
    }
  });

  test('info decompresses 1 GiB of an archive, however few frames that are', async () => {
    const path = join(folder, 'few-frames');
    const frameSize = 32 << 20;
    const frame = Buffer.alloc(frameSize);
    await writeArchive(
      path,
      Array.from({ length: 33 }, () => frame),
      { frameSize, level: 1 },
    );
    const backup = await openBackup(path);
    const bytes = rawBytesOfBackup(backup);
    for (let index = 0; index < 33; index += 1)
      assert.equal((await bytes.read(index * frameSize, 8)).length, index < 32 ? 8 : 0);
    assert.equal(bytes.gaveUp, true);
    await backup.source.close();
  });

  test('info looks only into the beginning of frames that are longer than 32 MiB', async () => {
    const path = join(folder, 'long-frames');
    const frameSize = (32 << 20) + 1;
    const bytes = backupBytes(64 << 20);
    await writeArchive(path, [bytes], { frameSize, level: 1 });
    const { rawBytes, sets, moreSets } = await info(path);
    assert.equal(rawBytes, bytes.length);
    assert.equal(sets[0]?.header.DatabaseName, 'Sales ü');
    assert.deepEqual([sets[0]?.header.Provisional, moreSets], [true, true]);
  });

  for (const frameSize of [64 * 1024, 4 << 20, 8 << 20]) {
    test(`an archive of frames of ${frameSize} bytes`, async () => {
      const path = join(folder, `archive-${frameSize}`);
      await writeArchive(path, [raw(18_000_000)], { frameSize, level: 1 });
      assert.ok((await rawOf(path)).equals(raw(18_000_000)));
    });
  }

  for (const part of [0.5, 0.999]) {
    test(`one huge frame cut at ${part} of its length is no end of file`, async () => {
      const stored = zstdOf([raw(9_000_001)], true);
      const path = join(folder, 'cut-frame');
      await writeFile(path, stored.subarray(0, Math.floor(stored.length * part)));
      await assert.rejects(rawOf(path), { kind: 'integrity' });
    });
  }

  suite('an archive that can only be read onwards', () => {
    const pieces = (bytes: Buffer) =>
      Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_, index) =>
        bytes.subarray(index * 50_000, (index + 1) * 50_000),
      );
    const onwards = async (bytes: Buffer) =>
      rawOfBackup(await openSource(new StdinSource(Readable.from(pieces(bytes)))));
    let archive: Buffer;
    let other: Buffer;
    const tailAt = (bytes: Buffer) => bytes.lastIndexOf('{"vdibackup"') - 8;

    before(async () => {
      const path = join(folder, 'onwards');
      await writeArchive(path, [raw(9_000_000)], { frameSize: 1 << 20 });
      archive = await readFile(path);
      const setId = '1F8FAD5B-D9CB-469F-A165-70867728950E';
      await writeArchive(path, [raw(9_000_000)], { frameSize: 1 << 20, header: { setId } });
      other = await readFile(path);
    });

    test('gives every byte', async () => {
      assert.ok((await onwards(archive)).equals(raw(9_000_000)));
    });

    test('ends with a failure when its trailer is missing, or cut', async () => {
      const behind = tailAt(archive);
      await assert.rejects(onwards(archive.subarray(0, behind)), { code: 'unfinished' });
      for (const length of [behind - 1, behind + 4, behind + 1000])
        await assert.rejects(onwards(archive.subarray(0, length)), { kind: 'integrity' });
    });

    suite('and its seek table', () => {
      let at: number;
      before(() => {
        at = archive.length - (archive.readUInt32LE(archive.length - 9) * 12 + 17);
      });
      const edited = (edit: (bytes: Buffer) => void) => {
        const bytes = Buffer.from(archive);
        edit(bytes);
        return bytes;
      };

      test('missing or cut', async () => {
        for (const length of [at, at + 4, at + 20, archive.length - 1])
          await assert.rejects(onwards(archive.subarray(0, length)), { kind: 'integrity' });
        const twice = Buffer.concat([archive.subarray(0, at), archive.subarray(tailAt(archive))]);
        await assert.rejects(onwards(twice), /the seek table at byte \d+ is not that of/);
      });

      test('of any other length, of which nothing is read', async () => {
        for (const length of [0, archive.readUInt32LE(at + 4) + 1, 0xffff_ffff]) {
          const forged = edited((bytes) => bytes.writeUInt32LE(length, at + 4));
          await assert.rejects(onwards(forged), /the seek table at byte \d+ is not that of/);
        }
      });

      test('with a wrong size, a wrong end, or other frames', async () => {
        const wrong = [at, at + 8 + 12, at + 8 + 16, archive.length - 9, archive.length - 1];
        for (const byte of wrong) {
          const flipped = edited((bytes) => bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte));
          await assert.rejects(onwards(flipped), { kind: 'integrity' }, `byte ${byte - at}`);
        }
        const zeroed = edited((bytes) => bytes.fill(0, archive.length - 100, archive.length - 9));
        await assert.rejects(onwards(zeroed), { kind: 'integrity' });
      });
    });

    test('is not followed by another backup; what pipes add is none', async () => {
      for (const more of [other, Buffer.from('TAPE'.padEnd(512))])
        await assert.rejects(onwards(Buffer.concat([archive, more])), /goes on with another/);
      for (const more of [Buffer.from('\r\n'), Buffer.alloc(70_000)])
        assert.ok((await onwards(Buffer.concat([archive, more]))).equals(raw(9_000_000)));
    });

    test('needs nobody to close the pipe', async () => {
      const pipe = new PassThrough();
      pipe.write(archive);
      const read = await rawOfBackup(await openSource(new StdinSource(pipe)));
      assert.ok(read.equals(raw(9_000_000)));
      pipe.destroy();
    });

    test('ends with a failure when its trailer is of another set', async () => {
      const spliced = Buffer.concat([
        archive.subarray(0, tailAt(archive)),
        other.subarray(tailAt(other)),
      ]);
      await assert.rejects(onwards(spliced), /belongs to another archive/);
    });
  });

  test('a file that became shorter since it was opened is cut, one that cannot be read is an io failure', async () => {
    const path = join(folder, 'shrinks.zst');
    const whole = join(folder, 'whole.zst');
    await writeArchive(whole, Readable.from([randomBytes(9 << 20)]));
    await copyFile(whole, path);
    const cut = await openBackup(path);
    await truncate(path, 5 << 20);
    await assert.rejects(rawOfBackup(cut), { kind: 'integrity', code: 'truncated' });
    const lost = await openBackup(whole);
    const { bytes, seekable } = lost.source;
    const descriptor = openSync(folder, 'r');
    const source: Source = {
      name: 'lost.zst',
      bytes,
      seekable,
      descriptor,
      read: () => Promise.reject(new Error('the worker reads')),
      close: async () => closeSync(descriptor),
    };
    await assert.rejects(rawOfBackup({ ...lost, source }), {
      kind: 'io',
      code: 'io-error',
      message: /^cannot read lost\.zst: .*\(EISDIR\)$/,
      hints: ['look at the system log for errors of the disk or the network share'],
      win32: 1117,
    });
    await lost.source.close();
  });

  test('an archive whose frames are too long for a slot is checked all the same', async () => {
    const path = join(folder, 'long-frames');
    await writeArchive(path, [raw(18_000_000)], { frameSize: 8 << 20, level: 1 });
    const bytes = await readFile(path);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await assert.rejects(rawOf(path), { kind: 'integrity' });
  });
});

test('a reader that is stopped leaves frames alone that hold nothing, however many there are', async () => {
  let reads = 0;
  const skippable = Buffer.from('502a4d1800000000', 'hex');
  const source = {
    name: 'x',
    bytes: Number.MAX_SAFE_INTEGER,
    seekable: true,
    read: async (target: Uint8Array, offset: number) => {
      reads += 1;
      for (let at = 0; at < target.length; at += 1)
        target[at] = skippable[(offset + at) % skippable.length] ?? 0;
      await new Promise(setImmediate);
      return target.length;
    },
    close: async () => undefined,
  } as unknown as Source;
  const pipeline = new ReadPipeline(1);
  const reader = pipeline.read({ form: 'zstd', source }, { sums: false, tolerant: false });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(reads > 0, 'it is under way');
  await reader.stop();
  const before = reads;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(reads, before);
  await pipeline.close();
});
