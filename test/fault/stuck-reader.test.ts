// The other end of what is printed, logged or reported stands still, or was never there: the run goes on, ends, and
// answers signals all the same.

import assert from 'node:assert/strict';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  abort,
  assertServerFree,
  assertSignalAborts,
  longestAbortMs,
  signals,
} from '../rig/aborting.ts';
import { enter, type Phase, phases } from '../rig/phases.ts';
import { fifo, UnreadPipe } from '../rig/shell.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const middle = phases.find(({ name }) => name === 'in the middle of the stream') as Phase;

suite('nobody reads', { skip: process.platform === 'win32' }, () => {
  for (const [signal, exitCode] of signals)
    test(`standard error: ${signal} still aborts, in a second`, () =>
      trial(['err'], async (rig) => {
        const pipe = new UnreadPipe(rig, 'err');
        try {
          const stderr = openSync(pipe.path, 'a');
          const silent: Phase = {
            name: middle.name,
            arrange: (at) => ({ ...middle.arrange(at), options: { stderr } }),
          };
          const program = await enter(rig, silent, ['Sales', 's.zst']);
          pipe.fill();
          const ended = await abort(program, signal);
          assert.deepEqual([ended.code, ended.signal], [exitCode, null]);
          assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
          assertSignalAborts(rig, 1);
          await assertServerFree(rig);
        } finally {
          pipe.close();
        }
      }));

  test('the log: a backup succeeds, and its last lines say how many are missing there', () =>
    trial(['log', 's.zst'], async (rig) => {
      const pipe = new UnreadPipe(rig, 'log').fill();
      try {
        const ended = await rig.run(['Sales', 's.zst', '--log-file', 'log']).ended;
        assertSucceeded(ended);
        const warnings = /^warning: (\d+) lines are missing in the log 'log'/gm;
        assert.equal(ended.stderr.match(warnings)?.length, 1, ended.stderr);
      } finally {
        pipe.close();
      }
    }));

  test('the log: Ctrl-C aborts, in a second', () =>
    trial(['log'], async (rig) => {
      const pipe = new UnreadPipe(rig, 'log').fill();
      try {
        const args = ['Sales', 's.zst', '--log-file', 'log', '--log-level', 'debug'];
        const ended = await abort(await enter(rig, middle, args), 'SIGINT');
        assertFailed(ended, 130, /interrupted/);
        assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
        await assertServerFree(rig);
      } finally {
        pipe.close();
      }
    }));

  test('the report: a signal ends the waiting for its reader, with its own exit code', () =>
    trial(['out', 's.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const pipe = new UnreadPipe(rig, 'out').fill();
      try {
        const stdout = openSync(pipe.path, 'a');
        const program = rig.bare(['verify', '--json', 's.zst'], { stdout });
        await program.until('the report', () => /"event":"verified"/.test(program.stderr));
        const ended = await abort(program, 'SIGTERM');
        assert.equal(ended.code, 143, ended.stderr);
        assert.match(ended.lastLine, /"event":"error",.*"exitCode":143,/);
      } finally {
        pipe.close();
      }
    }));
});

suite('nobody is at the other end of a pipe', { skip: process.platform === 'win32' }, () => {
  for (const [title, args, exitCode, reason] of [
    ['the log', ['--log-file', 'pipe', 'Sales', 's.zst'], 2, /'pipe': nobody reads this pipe/],
    [
      'the password file',
      ['--password-file', 'pipe', 'Sales', 's.zst'],
      2,
      /'pipe': nobody writes to this pipe/,
    ],
    ['the VDI library', ['--vdi-library', 'pipe', 'Sales', 's.zst'], 5, /is not a file/],
    ['the assertions', ['drill', 's.zst', '--assert-file', 'pipe'], 2, /nobody writes to/],
  ] as const)
    test(`${title}: the run is refused in words`, () =>
      trial(['pipe'], async (rig) => {
        fifo(rig, 'pipe');
        assertFailed(await rig.run(args).ended, exitCode, reason);
        assert.deepEqual(rig.server.runs, []);
      }));

  test('the password file: a signal ends the waiting', () =>
    trial(['log', 'pipe'], async (rig) => {
      fifo(rig, 'pipe');
      const args = ['-C', 'Sales', 's.zst', '--password-file', 'pipe', '--log-file', 'log'];
      const program = rig.run(args);
      await program.until('the log', () => {
        try {
          return readFileSync(rig.path('log')).length >= 0;
        } catch {
          return false;
        }
      });
      assertFailed(await abort(program, 'SIGINT'), 130, /interrupted/);
    }));

  test('the password file: a writer that comes later is waited for', () =>
    trial(['pipe', 's.zst'], async (rig) => {
      const path = fifo(rig, 'pipe');
      const args = ['Sales', 's.zst', '--password-file', 'pipe'];
      const program = rig.run(args, { env: { SQLCMDPASSWORD: '' } });
      setTimeout(() => writeFileSync(path, `${rig.connectionEnvironment.SQLCMDPASSWORD}\n`), 500);
      assertSucceeded(await program.ended);
    }));
});

suite('a log in a file system that hangs', { skip: process.platform !== 'linux' }, () => {
  test('at each write: a backup succeeds, its bytes get their threads, and a warning counts what is missing', () =>
    trial(['log', 's.zst'], async (rig) => {
      const env = rig.witnessed('any-write:sleep600000:1+:/log$');
      const ended = await rig.run(['Sales', 's.zst', '--log-file', 'log'], { env }).ended;
      assertSucceeded(ended);
      assert.match(ended.stderr, /^warning: \d+ lines? (is|are) missing in the log 'log'/m);
    }));

  test('when it is opened: Ctrl-C ends the waiting', () =>
    trial([], async (rig) => {
      const env = rig.witnessed('any-open:sleep600000:1+:/log$');
      const program = rig.run(['Sales', 's.zst', '--log-file', 'log'], { env });
      await program.until('the open', () => rig.judged().some((line) => / FAULT .*log/.test(line)));
      assertFailed(await abort(program, 'SIGINT'), 130, /interrupted/);
    }));
});
