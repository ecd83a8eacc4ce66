// `vdibackup finish`: a backup that was kept unconfirmed gets its name if SQL Server counts on it, whole sets only, and
// stays as it is for every other answer.

import assert from 'node:assert/strict';
import { readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { abort } from '../rig/aborting.ts';
import type { Ended } from '../rig/program.ts';
import { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, withRig } from '../rig/trial.ts';
import type { Fault } from '../standin/fault.ts';

/** A run whose verdict is lost; what it kept. */
async function kept(rig: Rig, args: readonly string[], fault: Fault = {}): Promise<string[]> {
  rig.server.fault({ 'lose-3014': 'reset', ...fault });
  assertFailed(await rig.run(['Sales', ...args]).ended, 4, /which is kept as /);
  return (await rig.files()).filter((name) => name.includes('.unconfirmed-'));
}

const finish = (rig: Rig, ...args: string[]): Promise<Ended> => rig.run(['finish', ...args]).ended;

function assertFinished({ code, lastLine, stderr }: Ended, what: RegExp): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, what);
}

suite('finish gives the name', { concurrency: 3 }, () => {
  test('a restore of the finished file works, and it says itself that it is finished', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst', '--type', 'full']);
      assertFinished(
        await finish(rig, name),
        /^OK Sales full .*x\) finished file=s\.zst set=[0-9a-f-]{36}$/,
      );
      assert.deepEqual(await rig.files(), ['s.zst']);
      const info = JSON.parse(
        (await rig.bare(['info', '--json', 's.zst']).ended).stdout.toString(),
      );
      assert.equal(info.files[0].archive.state, 'finished');
      const restored = await rig.run([
        'restore',
        'Copy',
        's.zst',
        '--move',
        'Sales=/d/c.mdf',
        '--move',
        'Sales_log=/d/c.ldf',
      ]).ended;
      assert.equal(restored.code, 0, restored.stderr);
      assert.doesNotMatch(restored.stderr, /was not recorded/);
    }));

  for (const compress of ['none', 'server'])
    test(`a bare backup (--compress ${compress}), known by its set id in msdb`, () =>
      withRig(async (rig) => {
        const [name = ''] = await kept(rig, ['s.bak', '--compress', compress]);
        assertFinished(
          await finish(rig, name),
          /^OK Sales copy .* finished file=s\.bak set=[0-9a-f-]{36}$/,
        );
        assert.deepEqual(await rig.files(), ['s.bak']);
      }));

  test('with --json the last line is a summary', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      const { lastLine } = await finish(rig, name, '--json');
      const { event, job, exitCode, files, setId } = JSON.parse(lastLine);
      assert.deepEqual(
        { event, job, exitCode, files },
        { event: 'summary', job: 'finish', exitCode: 0, files: [rig.path('s.zst')] },
      );
      assert.deepEqual(rig.server.instance.history[0]?.devices, [setId]);
    }));

  test('a partial file that was kept after Msg 3014 needs no SQL Server: the archive says it', () =>
    withRig(async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      await rename(rig.path('s.zst'), rig.path('s.zst.partial'));
      assertFinished(await rig.bare(['finish', 's.zst.partial']).ended, /^OK Sales copy /);
      assert.deepEqual(await rig.files(), ['s.zst']);
    }));

  test('a sealed partial file of a run that was killed: SQL Server is asked', () =>
    withRig(async (rig) => {
      rig.server.fault({ 'lose-3014': 'swallow' });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('the record', () => rig.server.instance.history.length > 0);
      await abort(program, 'SIGKILL');
      assert.deepEqual(await rig.files(), ['s.zst.partial']);
      assertFinished(await finish(rig, 's.zst.partial'), /^OK Sales copy /);
      assert.deepEqual(await rig.files(), ['s.zst']);
    }));

  test('--overwrite replaces yesterday, and nothing else does', () =>
    withRig(async (rig) => {
      await writeFile(rig.path('s.zst'), 'yesterday');
      const [name = ''] = await kept(rig, ['s.zst', '--overwrite']);
      assertFailed(await finish(rig, name), 8, /s\.zst: it exists already/);
      assert.equal(await readFile(rig.path('s.zst'), 'utf8'), 'yesterday');
      assertFinished(await finish(rig, name, '--overwrite'), /^OK Sales copy /);
      assert.deepEqual(await rig.files(), ['s.zst']);
    }));

  test('a later run writes its own file, and touches nothing that was kept', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      const before = await rig.read(name);
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      assert.deepEqual(await rig.files(), ['s.zst', name]);
      assert.ok(before.equals(await rig.read(name)));
    }));
});

suite('whoever reads a kept backup is told about finish', { concurrency: 3 }, () => {
  for (const args of [['s.zst'], ['s.bak', '--compress', 'none']])
    test(`verify and restore of ${args.join(' ')}`, () =>
      withRig(async (rig) => {
        const [name = ''] = await kept(rig, args);
        const move = ['--move', 'Sales=/d/c.mdf', '--move', 'Sales_log=/d/c.ldf'];
        for (const words of [
          ['verify', name],
          ['restore', 'Copy', name, ...move],
        ]) {
          const run = words[0] === 'verify' ? rig.bare(words) : rig.run(words);
          const { code, stderr } = await run.ended;
          assert.equal(code, 0, stderr);
          assert.match(
            stderr,
            new RegExp(`^hint: SQL Server knows .*: vdibackup finish .*${name}$`, 'm'),
          );
        }
      }));

  test('info shows an archive as sealed', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      const { stdout } = await rig.bare(['info', name]).ended;
      assert.match(
        stdout.toString(),
        /sealed, but not confirmed by SQL Server: vdibackup finish asks it/,
      );
    }));
});

suite('finish leaves the file as it is', { concurrency: 3 }, () => {
  for (const args of [['s.zst'], ['s1.zst', 's2.zst', 's3.zst'], ['s.bak', '--compress', 'none']])
    test(`SQL Server gave the backup up (${args.join(' ')}): exit 7`, () =>
      withRig(async (rig) => {
        const names = await kept(rig, args, { 'rolled-back': true });
        const before = await Promise.all(names.map((name) => rig.read(name)));
        assertFailed(
          await finish(rig, ...names),
          7,
          /SQL Server does not count on this backup of Sales: msdb on .* has no record of /,
        );
        assert.deepEqual(await rig.files(), names);
        for (const [index, name] of names.entries())
          assert.ok(before[index]?.equals(await rig.read(name)));
      }));

  test('another server cannot know it: exit 5', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst'], { 'rolled-back': true });
      const other = await Rig.create({ machineName: 'OTHER' });
      try {
        const args = [...other.connection, 'finish', rig.path(name)];
        assertFailed(
          await other.bare(args).ended,
          5,
          /OTHER does not know this backup of Sales, which .* took/,
        );
      } finally {
        await other.close();
      }
      assert.deepEqual(await rig.files(), [name]);
    }));

  test('SQL Server cannot be reached: exit 4', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      rig.server.loginFault({ 'vanish-at-login': true });
      assertFailed(await finish(rig, name), 4, /closed the connection/);
      assert.deepEqual(await rig.files(), [name]);
    }));

  test('SQL Server does not answer the question: Ctrl-C, exit 130', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      rig.server.unanswered = /backupmediafamily/;
      const program = rig.run(['finish', name]);
      await program.until('the question', () =>
        rig.server.statements.some((text) => /backupmediafamily/.test(text)),
      );
      assertFailed(await abort(program, 'SIGINT'), 130, /interrupted/);
      assert.deepEqual(await rig.files(), [name]);
    }));

  for (const [form, args] of [
    ['an archive', ['s.zst']],
    ['a bare backup', ['s.bak', '--compress', 'none']],
  ] as const)
    test(`${form} that was cut: exit 9, SQL Server is not asked`, () =>
      withRig(async (rig) => {
        const [name = ''] = await kept(rig, args);
        await truncate(rig.path(name), (await rig.read(name)).length - 4096);
        const logins = rig.server.logins.length;
        assertFailed(await finish(rig, name), 9, /cut|damaged|not a finished backup/);
        assert.equal(rig.server.logins.length, logins);
        assert.deepEqual(await rig.files(), [name]);
      }));

  test('a stripe is missing, or one of another set is there: exit 2', () =>
    withRig(async (rig) => {
      const names = await kept(rig, ['s1.zst', 's2.zst']);
      assertFailed(await finish(rig, names[0] ?? ''), 2, /stripe 2 of 2 .* was not named/);
      const [other = ''] = (await kept(rig, ['t.zst'])).filter((name) => name.startsWith('t.'));
      assertFailed(await finish(rig, names[0] ?? '', other), 2, /files of different backups/);
    }));

  test('one of the names is taken: none is given, exit 8', () =>
    withRig(async (rig) => {
      const names = await kept(rig, ['s1.zst', 's2.zst']);
      await writeFile(rig.path('s2.zst'), 'mine');
      assertFailed(await finish(rig, ...names), 8, /s2\.zst: it exists already/);
      assert.deepEqual(await rig.files(), [...names, 's2.zst'].sort());
    }));

  test('the second rename fails: both keep the names they had, exit 8, and a second attempt works', () =>
    withRig(async (rig) => {
      const names = await kept(rig, ['s1.zst', 's2.zst']);
      const env = rig.witnessed('link:EIO:2;rename:EIO:1');
      assertFailed(await rig.run(['finish', ...names], { env }).ended, 8, /kept as /);
      assert.deepEqual(await rig.files(), names);
      assertFinished(await finish(rig, ...names), /^OK Sales copy /);
      assert.deepEqual(await rig.files(), ['s1.zst', 's2.zst']);
    }));

  test('a run is writing the same file: exit 11', () =>
    withRig(async (rig) => {
      const [name = ''] = await kept(rig, ['s.zst']);
      rig.server.fault({ 'silence-at': 9_000_000 });
      const program = rig.run(['Sales', 's.zst']);
      // The judge's log has the writes of the run before as well; a device set that moves bytes is of this one.
      await program.until('a partial file', () =>
        rig.server.deviceSets.some(({ bytes }) => bytes > 0),
      );
      assertFailed(await finish(rig, name), 11, /is being written by another run/);
      await abort(program, 'SIGINT');
      assert.deepEqual(await rig.files(), [name]);
    }));

  test('a name that waits for nothing, and stdin: exit 2', () =>
    withRig(async (rig) => {
      assertFailed(await finish(rig, 's.zst'), 2, /s\.zst does not wait for its name/);
      assertFailed(await finish(rig, '-'), 2, /finish names files, not stdin/);
    }));
});
