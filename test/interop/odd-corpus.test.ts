// Real backups that are odd, each with what is to be expected of it: container version 1, several compressed sets, a page
// that its author damaged, stripes that belong together and some that do not, a fork, a system database.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';
import { MtfDataCheck } from '../../src/mtf/check/data-check.ts';
import { containerFormat, filemarkAt, recordAt } from '../../src/mtf/mssqlbak/container.ts';
import { decompressXpress } from '../../src/mtf/mssqlbak/xpress-huffman.ts';
import { MtfWalker } from '../../src/mtf/walker.ts';
import { assertRestored } from '../rig/corpus.ts';
import { info, verify } from '../rig/read-jobs.ts';
import { compressedBackups } from '../rig/record-heads.ts';
import { assertSameSets, decompressedByReference, dump } from '../rig/reference-dump.ts';
import { oddCorpusPath, type Rig } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';

const odd = (name: string) => join(oddCorpusPath, name);
const version1 = odd('sql2014ctp-compressed-V1container-tsql.bak');
const twoSets = odd('sql2016ctp-compressed-2sets-5files.bak');
const damagedPage = odd('sql2008r2-damaged-page-corruptdb.bak');
const pair = [odd('sql2019-stripepair-1of2.bak'), odd('sql2019-stripepair-2of2.bak')];
const foreign = [odd('sql2019-foreign-stripe-1of2.bak'), odd('sql2019-foreign-stripe-2of2.bak')];
const forks = [odd('sql2014-fork-a.bak'), odd('sql2014-fork-b.bak')];
const master = odd('sql2016-systemdb-master-localdb.bak');
const good = [version1, twoSets, ...forks, master];

function decompressed(container: Buffer): Buffer {
  const format = containerFormat(container);
  assert.ok(format);
  const parts: Uint8Array[] = [];
  for (let at = format.headBytes; at < container.length; ) {
    const ahead = container.subarray(at, at + 0x1_0100);
    const mark = at % 512 === 0 ? filemarkAt(ahead) : undefined;
    const record = mark === undefined ? recordAt(ahead, format) : undefined;
    if (mark !== undefined) parts.push(container.subarray(at, at + mark));
    else if (record?.good)
      parts.push(decompressXpress(record.payload, record.rawBytes) ?? assert.fail(`byte ${at}`));
    at += mark ?? (record?.good ? record.bytes : 512 - (at % 512));
  }
  return Buffer.concat(parts);
}

suite('real backups that are odd', { skip: !existsSync(oddCorpusPath) && 'none here' }, () => {
  for (const path of [...good, damagedPage, ...pair, ...foreign])
    test(`${basename(path)}: info agrees with the reference dump`, async () => {
      const theirs = dump(path);
      const { sets, media, unknown } = await info(path);
      assert.equal(unknown, undefined);
      assert.ok(media);
      assertSameSets(sets, theirs);
    });

  for (const path of good)
    test(`${basename(path)}: verify finds nothing wrong`, async () => {
      const { exitCode, report, events } = await verify([path], 2);
      const [file] = report.files;
      assert.deepEqual([exitCode, file?.verdict], [0, 'good'], JSON.stringify(file?.damage));
      assert.deepEqual(
        events.filter(({ event }) => event === 'warning'),
        [],
      );
      const { compressed } = dump(path);
      assert.equal(file?.records?.checked, compressed?.record_checksum_ok);
    });

  for (const path of compressedBackups())
    test(`${basename(path)}: its records decompress to what the reference makes of them`, () => {
      const ours = decompressed(readFileSync(path));
      assert.ok(ours.equals(decompressedByReference(path)));
      const data = new MtfDataCheck(() => undefined);
      const walker = new MtfWalker(data);
      walker.push(ours);
      assert.equal(walker.end()?.complete, true);
      if (path === version1) assert.equal(ours.length, 4_893_184);
      if (path === twoSets) assert.equal(walker.end()?.sets, 2);
    });

  test('a damaged page is named, and the framing around it is good', async () => {
    const { exitCode, report } = await verify([damagedPage], 2);
    assert.equal(exitCode, 9);
    const damage = report.files[0]?.damage ?? [];
    assert.deepEqual(
      damage.map(({ code }) => code),
      ['page-checksum'],
    );
    assert.match(damage[0]?.message ?? '', /^page 1:283 at byte \d+ /);
  });

  test('stripes that belong together are a set, and no other two are', async () => {
    assert.equal((await verify(pair, 2)).exitCode, 0);
    const [one = '', two = ''] = pair;
    const [otherOne = '', otherTwo = ''] = foreign;
    for (const files of [[one], [two], [one, otherTwo], [otherOne, two], [otherOne, otherTwo]])
      assert.equal(
        (await verify(files, 2)).exitCode,
        2,
        files.map((file) => basename(file)).join(),
      );
  });

  test('a fork says what it left, and where', async () => {
    const [before, after] = await Promise.all(forks.map((file) => info(file)));
    const [a, b] = [before?.sets[0]?.header, after?.sets[0]?.header];
    assert.equal(b?.FirstRecoveryForkID, a?.RecoveryForkID);
    assert.notEqual(b?.RecoveryForkID, a?.RecoveryForkID);
    assert.equal(b?.FamilyGUID, a?.FamilyGUID);
    assert.equal(typeof b?.ForkPointLSN, 'string');
  });

  test('a system database says its time zone', async () => {
    const { sets } = await info(master);
    assert.equal(sets[0]?.header.DatabaseName, 'master');
    assert.equal(sets[0]?.header.TimeZoneMinutes, 210);
  });
});

suite('the same through SQL Server', { skip: !existsSync(oddCorpusPath) && 'none here' }, () => {
  async function restored(rig: Rig, files: readonly string[], ...args: string[]): Promise<void> {
    const ended = await rig.run(['restore', 'Copy', ...files, '--replace', ...args]).ended;
    assertRestored(ended);
    for (const [device, file] of files.entries()) {
      const { length } = readFileSync(file);
      const got = await rig.server.expectedBytes('Copy', files.length, device);
      assert.equal(got.length, length, basename(file));
    }
  }

  test('restore gives every byte of them, also of container version 1 and of a second set', () =>
    trial([], async (rig) => {
      for (const file of [version1, ...forks, master]) await restored(rig, [file]);
      // Its page is noticed before the database is replaced; SQL Server itself only looks at it WITH CHECKSUM.
      await restored(rig, [damagedPage], '--no-verify');
      await restored(rig, pair);
      await restored(rig, [twoSets], '--with', 'FILE = 2');
      assert.ok(rig.server.statements.some((text) => /RESTORE DATABASE .*FILE = 2/.test(text)));
    }));

  test('restore refuses stripes of other media before it connects', () =>
    trial([], async (rig) => {
      const files = [pair[0] ?? '', foreign[1] ?? ''];
      assertFailed(await rig.run(['restore', 'Copy', ...files]).ended, 2, /set|stripe/);
      assert.deepEqual(rig.server.statements, []);
    }));

  test('verify --verifyonly asks about container version 1 with the block size of its medium', () =>
    trial([], async (rig) => {
      const ended = await rig.run(['verify', '--verifyonly', version1]).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.lastLine, / server=valid$/);
      const asked = rig.server.statements.filter((text) => text.startsWith('RESTORE VERIFYONLY'));
      assert.equal(asked.length, 1);
    }));
});
