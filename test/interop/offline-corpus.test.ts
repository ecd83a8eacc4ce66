// The offline commands against real backups, the reference dump and the stock zstd, where they are there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { writeArchive } from '../rig/make-archive.ts';
import { extract, info, verify } from '../rig/read-jobs.ts';
import { assertSameSets, dump } from '../rig/reference-dump.ts';
import { corpusPath } from '../rig/rig.ts';

const files = existsSync(corpusPath)
  ? readdirSync(corpusPath).filter((name) => name.endsWith('.bak'))
  : [];
const stripes: Readonly<Record<string, readonly string[]>> = {
  'sql2008r2-stripe1of2.bak': ['sql2008r2-stripe2of2.bak'],
  'sql2008r2-stripe2of2.bak': ['sql2008r2-stripe1of2.bak'],
};
const alone = ['sql2014-stripe1of2-alone.bak'];

suite('real backups, offline', { skip: files.length === 0 && 'no corpus here' }, () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offline-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const name of files) {
    const path = join(corpusPath, name);

    test(`${name}: info and verify agree with the reference dump`, async () => {
      const theirs = dump(path);
      const { sets } = await info(path);
      assertSameSets(sets, theirs);
      const { report } = await verify([path], 2);
      const [file] = report.files;
      assert.equal(file?.good, true, JSON.stringify(file?.damage));
      assert.equal(file?.backupChecksums?.checked ?? 0, theirs.csum?.ok ?? 0);
      if (theirs.compressed)
        assert.equal(file?.records?.checked, theirs.compressed.record_checksum_ok);
      else assert.equal(file?.pages?.checked ?? 0, theirs.page_checksums.ok);
    });

    test(`${name}: verify knows its set`, async () => {
      const whole = [path, ...(stripes[name] ?? []).map((other) => join(corpusPath, other))];
      assert.equal((await verify(whole)).exitCode, alone.includes(name) ? 2 : 0);
    });

    test(`${name}: in an archive, and in a .zst of the stock zstd, it is the same`, async () => {
      const raw = await readFile(path);
      const [archive, stock] = [join(folder, `${name}.a.zst`), join(folder, `${name}.zst`)];
      await writeArchive(archive, [raw], { frameSize: 1 << 20 });
      execFileSync('zstd', ['-q', '-f', '-3', path, '-o', stock]);
      assert.ok(execFileSync('zstd', ['-dc', archive], { maxBuffer: 1 << 28 }).equals(raw));
      const described = await info(path);
      for (const stored of [archive, stock]) {
        const out = join(folder, `${name}.out`);
        assert.equal((await extract(stored, out, { threads: 2 })).exitCode, 0);
        assert.ok((await readFile(out)).equals(raw));
        const { report } = await verify([stored], 2);
        assert.equal(report.files[0]?.good, true, JSON.stringify(report.files[0]?.damage));
      }
      assert.deepEqual((await info(archive)).sets, described.sets);
    });

    test(`${name}: a bit that flips in a name is noticed, at the start of a set and at its end`, async () => {
      const raw = await readFile(path);
      const described = await info(path);
      if (described.form !== 'mtf') return;
      const fileOf = (set: (typeof described.sets)[number] | undefined) =>
        Buffer.from(String(set?.files[0]?.PhysicalName), 'utf16le');
      const places = [
        raw.indexOf(fileOf(described.sets[0]), raw.indexOf('MSCI')),
        raw.indexOf(fileOf(described.sets.at(-1)), raw.lastIndexOf('MSLS')),
      ];
      const bent = join(folder, `${name}.bent`);
      for (const at of places) {
        assert.ok(at > 0);
        const copy = Buffer.from(raw);
        copy[at] = (copy[at] ?? 0) ^ 1;
        await writeFile(bent, copy);
        const { exitCode, report } = await verify([bent], 2);
        assert.equal(exitCode, 9);
        assert.ok(report.files[0]?.damage.some(({ code }) => code === 'configuration'));
        const { sets } = await info(bent);
        assert.equal(sets.flatMap(({ disagreements = [] }) => disagreements).length, 1);
      }
    });

    test(`${name}: a cut is noticed wherever it is`, async () => {
      const raw = await readFile(path);
      const cut = join(folder, `${name}.cut`);
      for (let part = 1; part < 8; part += 1) {
        await writeFile(cut, raw.subarray(0, Math.floor((raw.length * part) / 8) + part));
        assert.equal((await verify([cut])).exitCode, 9);
      }
    });
  }

  test('a flipped bit in a page or a record is noticed, and named', async () => {
    const places: [string, number, string][] = [
      ['sql2016-full.bak', 1_000_000, 'page-checksum'],
      ['sql2008r2-full-checksum.bak', 1_000_000, 'backup-checksum'],
      ['sql2022-compressed.bak', 1_000_000, 'record-checksum'],
    ];
    for (const [name, at, code] of places) {
      const raw = await readFile(join(corpusPath, name));
      raw[at] = (raw[at] ?? 0) ^ 4;
      const path = join(folder, name);
      await writeFile(path, raw);
      const { exitCode, report } = await verify([path]);
      assert.equal(exitCode, 9);
      const damage = report.files[0]?.damage.find((one) => one.code === code);
      assert.ok(damage, `${name}: ${JSON.stringify(report.files[0]?.damage)}`);
      assert.ok((damage.rawOffset ?? Number.NaN) <= at);
    }
  });
});
