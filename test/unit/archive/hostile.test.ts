// Bytes from an enemy: whatever a file holds, reading it ends soon, in little memory, with a Failure or a report.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { openBackup } from '../../../src/archive/reader/archive-reader.ts';
import { recogniseForm } from '../../../src/archive/reader/backup-form.ts';
import { KiB, MiB } from '../../../src/base/byte-size.ts';
import { Failure } from '../../../src/base/errors.ts';
import { MtfDataCheck } from '../../../src/mtf/check/data-check.ts';
import { describeMtf } from '../../../src/mtf/description.ts';
import { MssqlbakCheck } from '../../../src/mtf/mssqlbak/check.ts';
import { describeMssqlbak } from '../../../src/mtf/mssqlbak/description.ts';
import { decompressXpress } from '../../../src/mtf/mssqlbak/xpress-huffman.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { MtfWalker } from '../../../src/mtf/walker.ts';
import { encodeSkippableHead } from '../../../src/zstd/skippable-frame.ts';
import { containerSample } from '../../fuzz/container-sample.ts';
import { verify } from '../../rig/read-jobs.ts';
import { sampleBlocks } from '../mtf/sample.ts';

const runs = { numRuns: 300 };
const soon = 20_000;

/** Bytes that begin as one of the forms does, so that the readers behind the magic are reached. */
const nearlyBackup = fc
  .tuple(
    fc.constantFrom(
      '',
      'TAPE',
      'MSSQLBAK',
      '\x28\xb5\x2f\xfd',
      '\x50\x2a\x4d\x18\x20\x00\x00\x00{"vdibackup":1,',
      '\x5e\x2a\x4d\x18',
    ),
    fc.uint8Array({ maxLength: 4096 }),
  )
  .map(([magic, rest]) => Buffer.concat([Buffer.from(magic, 'latin1'), rest]));

/** A real stream with a few bytes changed. */
const changedStream = fc
  .array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 })
  .map((changes) => {
    const bytes = Buffer.concat(sampleBlocks({ withChecksumStream: true }));
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });

function zstdBlocks(contentSize: bigint, rleBlocks: number): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0xc0;
  head[5] = 0x38; // a window of 128 KiB
  head.writeBigUInt64LE(contentSize, 6);
  const block = (last: boolean) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((131_072 << 3) | 2 | (last ? 1 : 0), 0, 3);
    return bytes;
  };
  const blocks = Array.from({ length: rleBlocks }, (_, index) => block(index === rleBlocks - 1));
  return Buffer.concat([head, ...blocks]);
}

suite('hostile files', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function survives(bytes: Buffer, name: string, exitCode = 9): Promise<void> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const before = process.memoryUsage().rss;
    const started = performance.now();
    assert.equal((await verify([path])).exitCode, exitCode);
    assert.ok(performance.now() - started < soon, 'it took too long');
    assert.ok(process.memoryUsage().rss - before < 256 * MiB, 'it took too much memory');
  }

  test('deep JSON in a header', () => {
    const text = Buffer.from(`{"vdibackup":1,"x":${'['.repeat(60_000)}`);
    const head = encodeSkippableHead({ magic: 0x184d2a50, contentBytes: text.length });
    return survives(Buffer.concat([head, text]), 'deep-json');
  });

  test('a header that claims 4 GiB', () => {
    const head = encodeSkippableHead({ magic: 0x184d2a50, contentBytes: 0xffff_ffff });
    return survives(Buffer.concat([head, Buffer.alloc(100)]), 'long-header');
  });

  for (const claimed of [2n ** 22n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n]) {
    test(`a frame that claims ${claimed} bytes and has none`, () =>
      survives(zstdBlocks(claimed, 1), `claims-${claimed}`));
  }

  test('a frame of a few KiB that is really a gibibyte', () =>
    survives(zstdBlocks(2n ** 30n, 8192), 'bomb'));

  test('two thousand frames of a few bytes', async () => {
    const frame = zstdBlocks(131_072n, 1);
    await survives(Buffer.concat(Array.from({ length: 2000 }, () => frame)), 'small-frames');
  });

  test('any bytes: opening and verifying end with a Failure or a report, which never calls them good', () =>
    fc.assert(
      fc.asyncProperty(nearlyBackup, async (bytes) => {
        const path = join(folder, 'any');
        await writeFile(path, bytes);
        try {
          await (await openBackup(path)).source.close();
        } catch (thrown) {
          assert.ok(thrown instanceof Failure, String(thrown));
        }
        assert.notEqual((await verify([path])).report.verdict, 'good');
      }),
      { numRuns: 60 },
    ));

  test('a stream cut anywhere is never called good', () =>
    fc.assert(
      fc.asyncProperty(fc.nat({ max: 80_000 }), async (length) => {
        const whole = Buffer.concat(sampleBlocks());
        const path = join(folder, 'cut');
        await writeFile(path, whole.subarray(0, length % whole.length));
        assert.equal((await verify([path])).exitCode, 9);
      }),
      { numRuns: 30 },
    ));

  test('recognising takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        recogniseForm(bytes);
      }),
      runs,
    );
  });

  test('descriptions of any stream end', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(nearlyBackup, changedStream), async (bytes) => {
        await describeMtf(rawBytesOf(bytes));
        await describeMssqlbak(rawBytesOf(bytes));
      }),
      runs,
    ));

  test('a description of many large configurations stops at some', async () => {
    const blocks = sampleBlocks({ configurationBytes: 900 * KiB, filemarks: false });
    const [media, set] = [blocks.slice(0, 1), blocks.slice(1)];
    const sets = Array.from({ length: 40 }, () => set).flat();
    const { sets: described, more } = await describeMtf(
      rawBytesOf(Buffer.concat([...media, ...sets])),
    );
    assert.ok(described.length > 10 && described.length < 30, `${described.length} sets`);
    assert.equal(more, true);
  });

  test('a filemark that claims to list two thousand million others', async () => {
    const bytes = containerSample();
    const mark = bytes.length - 512;
    assert.equal(bytes.readUInt32LE(mark + 56), 2);
    for (const offset of [52, 56]) bytes.writeUInt32LE(0x7fff_ffff, mark + offset);
    const { sets } = await describeMssqlbak(rawBytesOf(bytes));
    assert.equal(sets.length, 1);
  });

  test('checks of any stream end, and do not depend on where it is cut into pieces', () => {
    const check = (bytes: Uint8Array, pieces: readonly number[]) => {
      const damage: string[] = [];
      const data = new MtfDataCheck(({ message }) => damage.push(message));
      const walker = new MtfWalker(data);
      const records = new MssqlbakCheck(({ message }) => damage.push(`record ${message}`));
      let at = 0;
      for (const size of [...pieces, bytes.length]) {
        const piece = bytes.subarray(at, at + size);
        data.expect(undefined, at, false);
        walker.push(piece);
        records.push(piece);
        at += piece.length;
      }
      records.end();
      const { checked, bad, unchecked } = data.pages;
      return { damage: damage.sort(), facts: walker.end(), checked, bad, unchecked };
    };
    fc.assert(
      fc.property(
        fc.oneof(nearlyBackup, changedStream),
        fc.array(fc.nat({ max: 5000 }), { maxLength: 20 }),
        (bytes, pieces) => assert.deepEqual(check(bytes, pieces), check(bytes, [])),
      ),
      runs,
    );
  });

  test('XPRESS data of any kind decompresses or does not', () => {
    const sizes = fc.nat({ max: 255 }).map((units) => units * 512);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), sizes, (bytes, size) => {
        const raw = decompressXpress(bytes, size);
        assert.ok(raw === undefined || raw.length === size);
      }),
      runs,
    );
  });
});
