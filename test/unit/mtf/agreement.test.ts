// The two configurations of a backup set watch over each other: nothing else notices a bit that flips in one of them.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import fc from 'fast-check';
import { disagreements } from '../../../src/mtf/check/agreement.ts';
import { MtfDataCheck } from '../../../src/mtf/check/data-check.ts';
import { MtfWalker } from '../../../src/mtf/walker.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { backupBytes, description as sample } from '../../rig/mtf-description.ts';
import { info, verify } from '../../rig/read-jobs.ts';
import { type MtfDescription, mqci } from '../../standin/mtf-configuration.ts';
import { sampleBlocks } from './sample.ts';

const description: MtfDescription = { ...sample, type: 'diff', databaseName: 'Sales' };
const sizes = { dataBytes: 8192, logBytes: 4096, backupSize: 65_536 };

function fields(change: Partial<MtfDescription>): string[] {
  const first = mqci(description, sizes, false);
  const last = mqci({ ...description, ...change }, sizes, true);
  return disagreements(first, last).map(({ field }) => field);
}

suite('the configurations at the start and the end of a backup set', () => {
  test('may differ in what moves on while a backup runs', () => {
    for (const type of ['full', 'diff', 'log'] as const) {
      const [first, last] = [false, true].map((final) =>
        mqci({ ...description, type }, { ...sizes, backupSize: final ? 99_999 : 0 }, final),
      );
      assert.ok(first && last && !first.equals(last));
      assert.deepEqual(disagreements(first, last), []);
    }
    assert.deepEqual(fields({ compatibilityLevel: 150, simple: true }), []);
  });

  const changes: [Partial<MtfDescription>, string[]][] = [
    [{ databaseName: 'Salet' }, ['DatabaseName', 'LogicalName of file 1', 'LogicalName of file 2']],
    [{ serverName: 'HOST' }, ['ServerName']],
    [{ type: 'full', baseSetId: undefined }, ['BackupType', 'DifferentialBaseLSN']],
    [{ version: [16, 0, 4136] }, ['SoftwareVersionBuild']],
    [{ checksums: true }, ['HasBackupChecksums']],
    [{ created: new Date(2020, 1, 29, 12, 34, 57) }, ['DatabaseCreationDate']],
    [{ started: new Date(2026, 10, 22, 1, 2, 4) }, ['BackupStartDate']],
    [{ folder: 'D:\\data\\' }, ['PhysicalName of file 1', 'PhysicalName of file 2']],
  ];
  for (const [change, expected] of changes)
    test(`must agree on what ${Object.keys(change)[0]} makes different`, () => {
      const found = fields(change);
      for (const field of expected) assert.ok(found.includes(field), `${field} in ${found}`);
    });

  test('say what each of them says, also of a file that only one knows', () => {
    const first = mqci(description, sizes, false);
    const last = mqci({ ...description, serverName: 'Ho\nst' }, sizes, true);
    const [server] = disagreements(first, last);
    assert.deepEqual(server, { field: 'ServerName', first: '"HOST\\LAB"', last: '"Ho?st"' });
    const short = last.subarray(0, -1);
    const files = disagreements(first, short).find(({ field }) => field === 'files');
    assert.deepEqual(files, { field: 'files', first: '2', last: '1' });
    assert.deepEqual(
      disagreements(first, new Uint8Array(0)).find(({ field }) => field === 'DatabaseName'),
      { field: 'DatabaseName', first: '"Sales"', last: 'absent' },
    );
  });

  test('are compared without harm whatever they are', () => {
    const good = mqci(description, sizes, false);
    const bent = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 })
      .map((bytes) => {
        const copy = Buffer.from(good);
        for (const [at, byte] of bytes) copy[at] = byte;
        return new Uint8Array(copy);
      });
    const any = fc.oneof(bent, fc.uint8Array({ maxLength: 600 }));
    fc.assert(
      fc.property(any, any, (first, last) => {
        assert.deepEqual(disagreements(first, first), []);
        assert.ok(Array.isArray(disagreements(first, last)));
      }),
    );
  });
});

suite('a block of a backup set', () => {
  function damageOf(blocks: readonly Uint8Array[]): string[] {
    const damage: string[] = [];
    const walker = new MtfWalker(new MtfDataCheck(({ message }) => damage.push(message)));
    for (const block of blocks) walker.push(block);
    return damage;
  }
  const blocks = sampleBlocks();

  test('is missed', () => {
    const at = blocks.slice(0, 5).reduce((sum, { length }) => sum + length, 0);
    assert.deepEqual(damageOf(blocks.toSpliced(5, 1)), [
      `at byte ${at} is block 4 of its backup set where block 3 was expected`,
    ]);
  });

  test('is noticed when it comes twice', () => {
    assert.equal(damageOf(blocks.toSpliced(5, 0, blocks[5] as Buffer)).length, 1);
    assert.deepEqual(damageOf([...blocks, ...blocks]), [
      `at byte ${Buffer.concat(blocks).length} another medium begins: SQL Server reads only what stands before it`,
    ]);
    assert.deepEqual(damageOf([...blocks, ...blocks.slice(2)]), []);
  });
});

suite('a bit that flips in a name', () => {
  let folder: string;
  let bent: Buffer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mtf-agreement-'));
    bent = backupBytes(1_000_000, { databaseName: 'Sales', type: 'full' });
    const at = bent.lastIndexOf(Buffer.from('Sales', 'utf16le'));
    bent[at] = (bent[at] ?? 0) ^ 1;
  });
  after(() => rm(folder, { recursive: true }));

  test('is damage of a native backup, which verify and info name', async () => {
    const path = join(folder, 'native.bak');
    await writeFile(path, bent);
    const { exitCode, report } = await verify([path]);
    assert.equal(exitCode, 9);
    const [damage] = report.files[0]?.damage ?? [];
    assert.equal(damage?.code, 'configuration');
    assert.match(
      damage.message,
      /PhysicalName of file 2 is "C:.data.Sales_log.ldf" at the start and "C:.data.Rales/,
    );
    assert.ok((damage.rawOffset ?? 0) > bent.length / 2);
    const { sets } = await info(path);
    assert.deepEqual(
      sets[0]?.disagreements?.map(({ last }) => last),
      ['"C:\\data\\Rales_log.ldf"'],
    );
  });

  test('is only a warning where the frames of an archive prove that SQL Server sent it so', async () => {
    const path = join(folder, 'archive.zst');
    await writeArchive(path, [bent]);
    const { exitCode, events } = await verify([path]);
    assert.equal(exitCode, 0);
    const warnings = events.filter((event) => event.event === 'warning');
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['configuration'],
    );
  });
});
