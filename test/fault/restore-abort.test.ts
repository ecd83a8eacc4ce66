// Ctrl-C, SIGTERM and SIGHUP at every moment of a restore: an exit code that says so, SQL Server free, what state the
// database was left in said, and all of it in a second.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, assertServerFree, longestAbortMs, signals } from '../rig/aborting.ts';
import { enter, restorePhases } from '../rig/phases.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const restore = ['restore', 'Copy', 's.zst'];

suite('a signal ends a restore in good order', { concurrency: 2 }, () => {
  for (const phase of restorePhases) {
    for (const [signal, exitCode, words] of signals)
      test(`${signal} ${phase.name}`, () =>
        trial(['s.zst'], async (rig) => {
          assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
          const ended = await abort(await enter(rig, phase, restore), signal);
          assertFailed(ended, exitCode, words);
          assert.match(ended.stderr, phase.leaves);
          assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
          await assertServerFree(rig);
        }));

    test(`Ctrl-C twice ${phase.name}`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        const ended = await abort(await enter(rig, phase, restore), 'SIGINT', 'SIGINT');
        assertFailed(ended, 130, /Ctrl-C/);
        assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
        await assertServerFree(rig);
      }));
  }
});

suite('a restore that stands still', { concurrency: 2 }, () => {
  test('waits for ever unless told otherwise, then names SQL Server', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({});
      rig.server.fault({ 'silence-at': 9_000_000 });
      const ended = await rig.run([...restore, '--stall-timeout', '1s']).ended;
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
});
