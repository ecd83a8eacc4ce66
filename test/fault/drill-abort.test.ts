// Ctrl-C at every moment of a drill: whatever it was doing, no database is left behind and the evidence is given.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, assertServerFree, generousAbortMs } from '../rig/aborting.ts';
import { assertNoDrillDatabase, drillPhases, evidence } from '../rig/drill-phases.ts';
import { enterRestore, filesOf } from '../rig/restore-phases.ts';
import { assertFailed, trial } from '../rig/trial.ts';

const inMidway = /middle of the stream|CHECKDB/;

suite('a signal leaves no database of a drill', { concurrency: 2 }, () => {
  for (const phase of drillPhases) {
    const drill = (name: string, exitCode: number, ...sent: NodeJS.Signals[]) =>
      test(`${name} ${phase.name}`, () =>
        trial(filesOf(phase), async (rig) => {
          const ended = await abort(await enterRestore(rig, phase, ['drill']), ...sent);
          assertFailed(ended, exitCode, /Ctrl-C|SIG/);
          const { verdict, dropped } = evidence(ended);
          assert.match(verdict, /^(not-restored|broken-off)$/);
          assert.equal(dropped, true);
          assertNoDrillDatabase(rig);
          await assertServerFree(rig);
          assert.ok(
            ended.abortMs < generousAbortMs,
            `the end took ${Math.round(ended.abortMs)} ms`,
          );
        }));
    drill('Ctrl-C', 130, 'SIGINT');
    drill('Ctrl-C twice', 130, 'SIGINT', 'SIGINT');
    if (!inMidway.test(phase.name)) continue;
    drill('SIGTERM', 143, 'SIGTERM');
    drill('SIGHUP', 143, 'SIGHUP');
  }
});
