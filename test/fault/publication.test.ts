// All final names change or none; a folder that cannot be synced, and side files that fail, never make a message untrue.

import assert from 'node:assert/strict';
import { link, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { assertNamesExist, assertYesterday, writeYesterday } from '../rig/named-files.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

const partial = 's.zst.partial';
const stripes = ['a.zst', 'b.zst', 'c.zst'];

suite('several names change together or not at all', { concurrency: 3 }, () => {
  for (const [what, fault] of [
    ['the first rename', 'rename:EIO:1'],
    ['the second rename', 'rename:EIO:2'],
    ['the last rename', 'rename:EIO:3'],
    ['the fsync of the folder', 'fsync:EIO:10'],
    ['the opening of the folder', 'open:EMFILE:10'],
    ['the second name of a file before', 'link:EIO:2'],
    ['a rename where there are no hard links', 'link:EPERM:1+;rename:EIO:5'],
  ] as const)
    test(`${what} fails: yesterday's stripes are all back, the new ones are kept`, () =>
      trial([...stripes, ...stripes.map((name) => `${name}.partial`)], async (rig) => {
        await writeYesterday(rig, stripes);
        const env = rig.witnessed(fault);
        const ended = await rig.run(['Sales', ...stripes, '--overwrite'], { env }).ended;
        assertFailed(
          ended,
          8,
          /kept as \S+a\.zst\.partial, \S+b\.zst\.partial, \S+c\.zst\.partial/,
        );
        assertNamesExist(rig, ended);
        await assertYesterday(rig, stripes);
        for (const [device, name] of stripes.entries()) {
          const raw = fingerprint(decompressAll(await rig.read(`${name}.partial`)));
          await assertSame(rig, raw, stripes.length, device);
        }
      }));

  test('what cannot be taken back is said name by name', () =>
    trial(['a.zst', 'a.zst.previous.partial', 'b.zst', 'b.zst.partial'], async (rig) => {
      await writeYesterday(rig, ['a.zst', 'b.zst']);
      // The second name is not given, and the first one not taken back.
      const env = rig.witnessed('rename:EIO:2+;link:EIO:3+');
      const ended = await rig.run(['Sales', 'a.zst', 'b.zst', '--overwrite'], { env }).ended;
      assertFailed(
        ended,
        8,
        /kept as \S+b\.zst\.partial; \S+a\.zst could not be taken back; the file that was a\.zst before is \S+a\.zst\.previous\.partial/,
      );
      assertNamesExist(rig, ended);
      await assertYesterday(rig, ['b.zst']);
    }));

  test('what a run left that died while names changed is gone after the next success', () =>
    trial(['s.zst'], async (rig) => {
      await writeYesterday(rig, ['s.zst']);
      await writeFile(rig.path('s.zst.previous.partial'), 'older');
      assertSucceeded(await rig.run(['Sales', 's.zst', '--overwrite']).ended);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));

  test('a run that died before it took the first name: the second one is gone after the next success', () =>
    trial(['s.zst'], async (rig) => {
      await writeYesterday(rig, ['s.zst']);
      await link(rig.path('s.zst'), rig.path('s.zst.previous.partial'));
      assertSucceeded(await rig.run(['Sales', 's.zst', '--overwrite']).ended);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));
});

suite('a folder that is not synced', { concurrency: 3 }, () => {
  for (const error of ['ENOENT', 'EACCES', 'EPERM', 'ENOTTY', 'EINVAL', 'ENOSYS'])
    for (const overwrite of [false, true])
      test(`${error}: the file system orders its names itself${overwrite ? ' (--overwrite)' : ''}`, () =>
        trial(['s.zst'], async (rig) => {
          if (overwrite) await writeYesterday(rig, ['s.zst']);
          const words = ['Sales', 's.zst', ...(overwrite ? ['--overwrite'] : [])];
          const ended = await rig.run(words, { env: rig.witnessed(`fsync:${error}:4`) }).ended;
          assertSucceeded(ended);
          assert.match(ended.stderr, /^warning: the file system does not sync the folder \//m);
          await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        }));

  test('that must not be read, only written: published, with a warning', () =>
    trial(['s.zst'], async (rig) => {
      const ended = await rig.run(['Sales', 's.zst'], { env: rig.witnessed('open:EACCES:2') })
        .ended;
      assertSucceeded(ended);
      assert.match(ended.stderr, /^warning: the file system does not sync the folder \//m);
    }));

  test('whose disk fails, with --overwrite: exit 8, and yesterday has its name back', () =>
    trial(['s.zst', partial], async (rig) => {
      await writeYesterday(rig, ['s.zst']);
      const env = rig.witnessed('fsync:EIO:4');
      const ended = await rig.run(['Sales', 's.zst', '--overwrite'], { env }).ended;
      assertFailed(ended, 8, /cannot make durable the new name in .*kept as \S+s\.zst\.partial/);
      assertNamesExist(rig, ended);
      await assertYesterday(rig, ['s.zst']);
      await assertSame(rig, fingerprint(decompressAll(await rig.read(partial))));
    }));

  test('of an extraction', () =>
    trial(['s.zst', 'out.bak'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const env = rig.witnessed('fsync:ENOENT:2');
      const { code, stderr } = await rig.bare(['extract', 's.zst', 'out.bak'], { env }).ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^warning: the file system does not sync the folder \//m);
    }));
});

suite('a checksum file that fails does not hold the backup up', { concurrency: 3 }, () => {
  for (const [what, fault] of [
    ['the writing', 'any-write:ENOSPC:2+:.sha256'],
    ['the fsync', 'fsync:EIO:2:.sha256'],
    ['the name', 'link:EIO:1:.sha256;rename:EIO:2+:.sha256'],
  ] as const)
    for (const overwrite of [false, true])
      test(`${what}: exit 8, the backup is published and has no checksum of another one${overwrite ? ' (--overwrite)' : ''}`, () =>
        trial(['s.zst'], async (rig) => {
          if (overwrite) await writeYesterday(rig, ['s.zst', 's.zst.sha256']);
          const words = ['Sales', 's.zst', '--sha256', ...(overwrite ? ['--overwrite'] : [])];
          const ended = await rig.run(words, { env: rig.witnessed(fault) }).ended;
          assertFailed(
            ended,
            8,
            /sha256.*; the backup itself is finished and published: \S+s\.zst/,
          );
          await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        }));

  test('that of yesterday, when it cannot be moved aside: no name changes, the backup is kept', () =>
    trial(['s.zst', 's.zst.sha256', partial], async (rig) => {
      await writeYesterday(rig, ['s.zst', 's.zst.sha256']);
      const env = rig.witnessed('rename:EIO:1:.sha256');
      const words = ['Sales', 's.zst', '--sha256', '--overwrite'];
      const ended = await rig.run(words, { env }).ended;
      assertFailed(
        ended,
        8,
        /cannot rename s\.zst\.sha256 to s\.zst\.sha256\.previous\.partial.*kept as \S+s\.zst\.partial/,
      );
      await assertYesterday(rig, ['s.zst', 's.zst.sha256']);
    }));

  test('a stripe that fails gives yesterday its checksum back', () =>
    trial(['s.zst', 's.zst.sha256', partial], async (rig) => {
      await writeYesterday(rig, ['s.zst', 's.zst.sha256']);
      // The checksum before is moved aside first.
      const env = rig.witnessed('rename:EIO:2');
      const words = ['Sales', 's.zst', '--sha256', '--overwrite'];
      assertFailed(await rig.run(words, { env }).ended, 8, /kept as \S+s\.zst\.partial/);
      await assertYesterday(rig, ['s.zst', 's.zst.sha256']);
    }));

  test('no room for it: exit 8 before BACKUP is sent', () =>
    trial([], async (rig) => {
      const env = rig.witnessed('any-write:ENOSPC:1+:.sha256');
      const ended = await rig.run(['Sales', 's.zst', '--sha256'], { env }).ended;
      assertFailed(ended, 8, /s\.zst\.sha256\.partial: no space left/);
      assert.ok(!rig.server.statements.some((text) => /^BACKUP/.test(text)));
    }));
});
