// A medium to which backups were appended for months: what is told of it without reading all of it, and what is not.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { StoredBackup } from '../../../src/archive/reader/stored-archive.ts';
import { KiB } from '../../../src/base/byte-size.ts';
import type { JobEvent } from '../../../src/base/events.ts';
import { infoTable } from '../../../src/cli/report/info-table.ts';
import { openSets } from '../../../src/job/sets/restore-sets.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { info, verify } from '../../rig/read-jobs.ts';
import { sampleBlocks } from '../mtf/sample.ts';

const sets = 60;

suite('a medium of many backup sets', () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'many-sets-'));
    file = join(folder, 'many.zst');
    const one = backupBytes(256 * KiB);
    const rest = one.subarray(one.indexOf('SSET'));
    const all = Buffer.concat([one, ...Array.from({ length: sets - 1 }, () => rest)]);
    // So small that the head and the tail of each set are in frames of their own.
    await writeArchive(file, [all], { frameSize: KiB });
  });
  after(() => rm(folder, { recursive: true }));

  test('info shows the first ones at once and says that more may follow', async () => {
    const described = await info(file);
    assert.ok(described.sets.length > 1 && described.sets.length < sets);
    assert.equal(described.moreSets, true);
    assert.match(
      infoTable(described),
      /\n {2}more may follow: vdibackup verify reads and counts all\n$/,
    );
  });

  test('info says so, too, when there are more blocks than it looks at', async () => {
    const native = join(folder, 'native.bak');
    const one = Buffer.concat(sampleBlocks().filter((_, index) => index !== 5));
    const rest = Buffer.concat(
      sampleBlocks()
        .slice(2)
        .filter((_, index) => index !== 3),
    );
    await writeFile(native, Buffer.concat([one, ...Array.from({ length: 6000 }, () => rest)]));
    const described = await info(native);
    assert.ok(described.sets.length > 1000 && described.sets.length < 6001);
    assert.equal(described.moreSets, true);
  });

  test('verify counts all', async () => {
    const { exitCode, report } = await verify([file]);
    assert.equal(exitCode, 0);
    assert.equal(report.files[0]?.sets, sets);
  });

  test('restore looks no further than it has to, and says that there was a choice', async () => {
    for (const [options, looked] of [
      [undefined, 2],
      ['FILE = 4', 5],
    ] as const) {
      const events: JobEvent[] = [];
      const opened: StoredBackup[] = [];
      const wishes = { files: [file], ...(options && { with: options }) };
      const [set] = await openSets(
        wishes,
        (backup) => opened.push(backup),
        (event) => events.push(event),
      );
      await Promise.all(opened.map(({ source }) => source.close()));
      assert.equal(set?.sets.length, looked);
      const codes = events.map((event) => event.event === 'warning' && event.code);
      assert.deepEqual(codes, options ? [] : ['several-sets']);
    }
  });

  test('restore of a set that is not there is refused', async () => {
    const two = join(folder, 'two.bak');
    const one = backupBytes(256 * KiB);
    await writeFile(two, Buffer.concat([one, one.subarray(one.indexOf('SSET'))]));
    const opened: StoredBackup[] = [];
    const open = (options: string) =>
      openSets(
        { files: [two], with: options },
        (backup) => opened.push(backup),
        () => undefined,
      );
    await assert.rejects(open('FILE = 3'), /two\.bak holds 2 backup sets$/);
    await assert.rejects(open('FILE = 3000'), /two\.bak holds 2 backup sets$/);
    await Promise.all(opened.map(({ source }) => source.close()));
  });
});
