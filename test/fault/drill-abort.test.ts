// Ctrl-C at every moment of a drill: whatever it was doing, no database is left behind and the evidence is given.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, assertServerFree } from '../rig/aborting.ts';
import { enter, type Phase, restorePhases } from '../rig/phases.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const examination: readonly Phase[] = [
  {
    name: 'while DBCC CHECKDB runs',
    arrange(rig) {
      rig.server.instance.checkdb = { delay: 60_000 };
      return { reached: () => rig.server.statements.some((text) => text.startsWith('DBCC')) };
    },
  },
  {
    name: 'while an assertion runs',
    arrange: (rig) => ({
      args: ['--assert', "WAITFOR DELAY '00:01:00'", '--expect', '1'],
      reached: () => rig.server.statements.some((text) => text.startsWith('WAITFOR')),
    }),
  },
];

suite('Ctrl-C leaves no database of a drill', { concurrency: 2 }, () => {
  for (const phase of [...restorePhases, ...examination])
    for (const signals of [['SIGINT'], ['SIGINT', 'SIGINT']] as const)
      test(`${signals.length === 1 ? 'once' : 'twice'} ${phase.name}`, () =>
        trial(['s.zst'], async (rig) => {
          assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
          const ended = await abort(await enter(rig, phase, ['drill', 's.zst']), ...signals);
          assertFailed(ended, 130, /Ctrl-C/);
          const { verdict, dropped } = JSON.parse(ended.stdout.toString());
          assert.match(verdict, /^(not-restored|broken-off)$/);
          assert.equal(dropped, true);
          const names = rig.server.instance.databases.map(({ name }) => name);
          assert.deepEqual(
            names.filter((name) => name.startsWith('vdibackup_drill_')),
            [],
          );
          await assertServerFree(rig);
        }));
});
