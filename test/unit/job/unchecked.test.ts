// What verify cannot check because its form is not known here is neither good nor damaged: blocks of 64 KiB whose
// filemarks are other than was thought, coded data, and in an archive that SQL Server called a success, any odd end.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { KiB } from '../../../src/base/byte-size.ts';
import type { VerifiedFile } from '../../../src/job/verify/verify-report.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { info, verify } from '../../rig/read-jobs.ts';

const blockSize = 64 * KiB;
const page = 8 * KiB;

/** Another number of 16 bits in a header, and the checksum of it with that. */
function rewrite(bytes: Buffer, at: number, value: number, checksumAt: number): void {
  const change = bytes.readUInt16LE(at) ^ value;
  bytes.writeUInt16LE(value, at);
  bytes.writeUInt16LE(bytes.readUInt16LE(checksumAt) ^ change, checksumAt);
}

function filemarks(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += blockSize)
    if (bytes.toString('latin1', at, at + 4) === 'SFMB') found.push(at);
  return found;
}

suite('verify', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'unchecked-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function verified(bytes: Uint8Array): Promise<VerifiedFile & { warnings: string[] }> {
    const path = join(folder, 'native.bak');
    await writeFile(path, bytes);
    return verdictOf(path);
  }

  async function verdictOf(path: string): Promise<VerifiedFile & { warnings: string[] }> {
    const { report, events } = await verify([path]);
    const [file] = report.files;
    assert.ok(file);
    assert.equal(report.verdict, file.verdict);
    const warnings = events.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
    return { ...file, warnings };
  }

  for (const said of [0, 65_535, 512])
    test(`takes blocks of 64 KiB whose filemarks say ${said} for their length`, async () => {
      const bytes = backupBytes(1024 * KiB, { checksums: true }, { blockSize });
      const marks = filemarks(bytes);
      assert.equal(marks.length, 3);
      for (const at of marks) rewrite(bytes, at + 8, said, at + 50);
      const { verdict, warnings, pages, sets, damage } = await verified(bytes);
      assert.deepEqual([verdict, warnings, sets], ['good', [], 1], JSON.stringify(damage));
      assert.notEqual(pages?.checked ?? 0, 0);
      const described = await info(join(folder, 'native.bak'));
      assert.equal(described.sets[0]?.header.BackupFinishDate, '2026-11-22T04:05:06');
      assert.equal((await verified(bytes.subarray(0, -1))).verdict, 'damaged');
    });

  test('does not call blocks of 64 KiB damaged whose filemarks are shorter than was thought', async () => {
    const bytes = backupBytes(1024 * KiB, {}, { blockSize });
    const [first = 0] = filemarks(bytes);
    const short = Buffer.concat([
      bytes.subarray(0, first + 512),
      bytes.subarray(first + blockSize),
    ]);
    const { verdict, good, unchecked, warnings } = await verified(short);
    assert.deepEqual([verdict, good, warnings], ['unchecked', false, ['unchecked']]);
    assert.match(unchecked ?? '', /blocks have 64 KiB/);
  });

  test('still calls a stream damaged that breaks off elsewhere, whatever its blocks', async () => {
    const bytes = backupBytes(1024 * KiB, {}, { blockSize });
    const at = bytes.indexOf('MSTL');
    bytes.writeUInt8(bytes.readUInt8(at + 20) ^ 1, at + 20);
    assert.equal((await verified(bytes)).verdict, 'damaged');
  });

  test('does not look for pages and checksums in data that are coded', async () => {
    const bytes = backupBytes(256 * KiB, { checksums: true });
    const at = bytes.indexOf('MQDA');
    rewrite(bytes, at + 16, 0x1ff, at + 20);
    bytes.fill(0x77, at + 100 * KiB, at + 110 * KiB);
    const { verdict, unchecked, pages, damage } = await verified(bytes);
    assert.deepEqual([verdict, pages], ['unchecked', undefined], JSON.stringify(damage));
    assert.match(unchecked ?? '', /encrypted or compressed/);
    assert.equal((await verified(bytes.subarray(0, -512))).verdict, 'damaged');
  });

  suite('of an archive with good frames', () => {
    const whole = backupBytes(256 * KiB);
    const odd: [string, Buffer, RegExp][] = [
      ['an end without the last filemark', whole.subarray(0, -512), /does not end as/],
      [
        'an end that is no block',
        Buffer.concat([whole, Buffer.alloc(64, 7)]),
        /no block header|ends inside a block/,
      ],
      ['a beginning that nobody knows', Buffer.alloc(9000, 'FUTURE'), /does not begin as/],
    ];

    async function archived(bytes: Buffer, sealed = false): Promise<string> {
      const path = join(folder, 'archive.bak.zst');
      await writeArchive(path, [bytes], { sealed });
      return path;
    }

    for (const [what, bytes, why] of odd)
      test(`does not call ${what} damage: SQL Server called it a success`, async () => {
        const { verdict, unchecked, warnings } = await verdictOf(await archived(bytes));
        assert.equal(verdict, 'unchecked');
        assert.match(unchecked ?? '', why);
        assert.ok(warnings.includes('unchecked'));
        assert.equal((await verified(bytes)).verdict, 'damaged', 'as a bare file');
        assert.equal((await verdictOf(await archived(bytes, true))).verdict, 'damaged', 'sealed');
      });

    test('still finds damage that was in it when SQL Server sent it', async () => {
      const bytes = Buffer.from(whole.subarray(0, -512));
      const at = bytes.indexOf('MQDA') + 100 + page;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      const { verdict, damage } = await verdictOf(await archived(bytes));
      assert.deepEqual([verdict, damage[0]?.code], ['damaged', 'page-checksum']);
    });

    test('still finds damage of its own', async () => {
      const path = await archived(Buffer.from(whole.subarray(0, -512)));
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
      await writeFile(path, bytes);
      assert.equal((await verdictOf(path)).verdict, 'damaged');
    });
  });
});
