// An impatient end of a restore, and ends that are awkward: two signals, many devices, too late, a server that does not
// answer, a restore that stands still.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, assertServerFree, assertSignalAborts } from '../rig/aborting.ts';
import {
  assertRestoreEnded,
  badDisk,
  enterRestore,
  filesOf,
  inOrder,
  leftWords,
  restored,
  restorePhases,
} from '../rig/restore-phases.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const restore = ['restore', 'Copy'];
const notAsked = /^warning: what state database \[Copy\] is in could not be asked$/m;

suite('Ctrl-C twice ends a restore in good order', { concurrency: 2 }, () => {
  for (const phase of restorePhases)
    test(phase.name, () =>
      trial(filesOf(phase), async (rig) => {
        const ended = await abort(await enterRestore(rig, phase, restore), 'SIGINT', 'SIGINT');
        assertFailed(ended, 130, /Ctrl-C/);
        await assertRestoreEnded(rig, phase, ended);
        // The first Ctrl-C may have been through already when the second comes.
        const words = leftWords[phase.left];
        assert.ok(words.test(ended.stderr) || notAsked.test(ended.stderr), ended.stderr);
      }),
    );
});

suite('a signal at an awkward moment of a restore', { concurrency: 2 }, () => {
  test('with eight devices in the middle of the stream, and the next restore works', () => {
    const files = Array.from({ length: 8 }, (_, stripe) => `s${stripe + 1}.zst`);
    return trial(files, async (rig) => {
      assertSucceeded(await rig.run(['Sales', ...files]).ended);
      rig.server.fault({});
      rig.server.fault({ slow: 20, tiny: 65_536 });
      const program = rig.run([...restore, ...files]);
      await program.until('the middle', restored(rig, 1_500_000));
      assertFailed(await abort(program, 'SIGTERM'), 143, /SIGTERM/);
      assertSignalAborts(rig, 1);
      await assertServerFree(rig);
      const again = await rig.run([...restore, ...files, '--replace']).ended;
      assert.equal(again.code, 0, again.stderr);
    });
  });

  test('that comes after SQL Server has finished is too late: the database stays, with a warning', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({});
      rig.server.fault({ 'delay-3014': 60_000, 'late-attention': true });
      const program = rig.run([...restore, 's.zst']);
      const closed = () => rig.judged().filter((line) => / Close -> NOERROR/.test(line));
      await program.until('the last Close', () => closed().length === 3);
      const ended = await abort(program, 'SIGINT');
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /^warning: too late to abort/m);
      assert.equal(rig.server.instance.find('Copy')?.state, 'ONLINE');
    }));

  test('while SQL Server does not answer at all, once and twice, says what it could not ask', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      for (const sent of [['SIGINT'], ['SIGINT', 'SIGINT']] as const) {
        rig.server.fault({});
        rig.server.fault({ 'mute-sql': true });
        const before = rig.server.statements.length;
        const program = rig.run([...restore, 's.zst']);
        const isSent = (text: string) => text.startsWith('RESTORE DATABASE');
        await program.until('the statement', () =>
          rig.server.statements.slice(before).some(isSent),
        );
        const ended = await abort(program, ...sent);
        assertFailed(ended, 130, /Ctrl-C/);
        assert.match(ended.stderr, /what state database \[Copy\] is in could not be asked/);
        assert.ok(ended.abortMs < 9000, `the end took ${Math.round(ended.abortMs)} ms`);
      }
    }));
});

test('a restore whose source cannot be read on tells SQL Server why, and the user', () =>
  trial(['s.zst'], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    const ended = await rig.run([...restore, ...inOrder, 's.zst'], { env: badDisk(rig, 'EIO') })
      .ended;
    assertFailed(ended, 8, /cannot read .*s\.zst.*EIO/);
    assert.match(ended.stderr, leftWords.RESTORING);
    const errors = rig.server.runs.at(-1)?.errors ?? [];
    const told = errors.map(({ command, win32 }) => [command, win32]);
    assert.deepEqual(told, [['Read', 1117]]);
    assertSignalAborts(rig, 1);
    await assertServerFree(rig);
  }));

suite('a restore that stands still', { concurrency: 2 }, () => {
  test('waits for ever unless told otherwise, then names SQL Server', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({});
      rig.server.fault({ 'silence-at': 9_000_000 });
      const ended = await rig.run([...restore, 's.zst', '--stall-timeout', '1s']).ended;
      assertFailed(ended, 12, /SQL Server is stuck/);
    }));

  test('for want of its source names the source', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const program = rig.run(['restore', 'Copy', '-', '--stall-timeout', '1s'], { stdin: 'pipe' });
      const archive = await rig.read('s.zst');
      program.child.stdin?.write(archive.subarray(0, Math.floor(archive.length * 0.8)));
      assertFailed(await program.ended, 12, /the source is stuck/);
    }));

  test('for want of the first byte of its source does so before it connects', () =>
    trial([], async (rig) => {
      const args = ['restore', 'Copy', '-', '--stall-timeout', '1s'];
      const program = rig.run(args, { stdin: 'pipe' });
      program.child.stdin?.write('TAPE');
      assertFailed(await program.ended, 12, /the source is stuck/);
      assert.deepEqual(rig.server.logins, []);
    }));

  for (const [job, question] of [
    [['restore', 'Copy'], /master_files/],
    [['drill'], /MachineName/],
    [['verify', '--verifyonly'], /MachineName/],
  ] as const)
    test(`because a question is not answered is ended: ${job.join(' ')}`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        rig.server.unanswered = question;
        const ended = await rig.run([...job, 's.zst', '--stall-timeout', '1s']).ended;
        assertFailed(ended, 12, /SQL Server is stuck \(a question was not answered\)/);
      }));

  test('in its last question has restored all the same', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const program = rig.run([...restore, 's.zst']);
      await program.until('the restore', () =>
        rig.server.statements.some((text) => text.startsWith('RESTORE DATABASE')),
      );
      rig.server.unanswered = /sys\.databases/;
      const { code, lastLine } = await program.ended;
      assert.equal(code, 0, lastLine);
      assert.match(lastLine, /^OK /);
      assert.doesNotMatch(lastLine, /state=/);
    }));
});
