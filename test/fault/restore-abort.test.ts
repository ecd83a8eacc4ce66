// Ctrl-C, SIGTERM and SIGHUP at every moment of a restore: an exit code that says so, SQL Server free, and what state
// the database was left in said as SQL Server has it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, signals } from '../rig/aborting.ts';
import {
  assertRestoreEnded,
  enterRestore,
  filesOf,
  leftWords,
  restorePhases,
} from '../rig/restore-phases.ts';
import { assertFailed, trial } from '../rig/trial.ts';

suite('a signal ends a restore in good order', { concurrency: 2 }, () => {
  for (const phase of restorePhases)
    for (const [signal, exitCode, reason] of signals)
      test(`${signal} ${phase.name}`, () =>
        trial(filesOf(phase), async (rig) => {
          const ended = await abort(await enterRestore(rig, phase, ['restore', 'Copy']), signal);
          assertFailed(ended, exitCode, reason);
          assert.match(ended.stderr, leftWords[phase.left]);
          await assertRestoreEnded(rig, phase, ended);
        }));
});
