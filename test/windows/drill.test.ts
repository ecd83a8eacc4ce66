// A drill under Windows: evidence, JUnit, and no database left behind.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertNoDrillDatabase, drillPhases, evidence } from '../rig/drill-phases.ts';
import { checkJunit } from '../rig/junit-check.ts';
import { prepare, type RestorePhase } from '../rig/restore-phases.ts';
import { assertFailed } from '../rig/trial.ts';
import { windowsTrial } from './windows-rig.ts';

suite('a drill under Windows', { concurrency: 2 }, () => {
  test('passes, with its evidence on standard output and as JUnit', () =>
    windowsTrial(['j.xml', 's.zst'], async (windows) => {
      const { rig } = windows;
      await prepare(rig);
      const args = ['--assert', 'SELECT 41 + 1', '--expect', '42', '--junit', 'j.xml'];
      const ended = await windows.run(['drill', 's.zst', ...args]).ended;
      assert.equal(ended.code, 0, ended.stderr);
      const { verdict, dropped, assertions } = evidence(ended);
      assert.deepEqual([verdict, dropped, assertions[0]?.actual], ['passed', true, '42']);
      const [cases] = checkJunit((await rig.read('j.xml')).toString()).children;
      assert.equal(cases?.attributes.tests, '3');
      assertNoDrillDatabase(rig);
    }));

  for (const words of ['in the middle of the stream', 'CHECKDB'])
    test(`leaves no database after Ctrl-C (${words})`, () =>
      windowsTrial(['s.zst'], async (windows) => {
        const { rig } = windows;
        await prepare(rig);
        const phase = drillPhases.find(({ name }) => name.includes(words)) as RestorePhase;
        const { args = [], reached } = phase.arrange(rig);
        const program = windows.run(['drill', 's.zst', ...args]);
        await program.until(phase.name, reached);
        program.signal('SIGINT');
        const ended = await program.ended;
        assertFailed(ended, 130, /Ctrl-C/);
        assert.equal(evidence(ended).dropped, true);
        assertNoDrillDatabase(rig);
      }));
});
