// The moments of a drill at which something from outside can hit it, and what must hold of it afterwards.

import assert from 'node:assert/strict';
import type { DrillReport } from '../../src/job/drill/drill-report.ts';
import type { Ended } from './program.ts';
import { type RestorePhase, restorePhases } from './restore-phases.ts';
import type { Rig } from './rig.ts';

/** The one object on standard output. */
export function evidence({ stdout }: Ended): DrillReport {
  const lines = stdout.toString().trimEnd().split('\n');
  assert.equal(lines.length, 1, 'one object on stdout');
  return JSON.parse(lines[0] ?? '');
}

export function drillDatabases(rig: Rig): string[] {
  const names = rig.server.instance.databases.map(({ name }) => name);
  return names.filter((name) => name.startsWith('vdibackup_drill_'));
}

export function assertNoDrillDatabase(rig: Rig): void {
  assert.deepEqual(drillDatabases(rig), [], 'databases of the drill that are left');
}

const examination: readonly RestorePhase[] = [
  {
    name: 'while DBCC CHECKDB runs',
    left: 'missing',
    alive: 0,
    arrange(rig) {
      rig.server.instance.checkdb = { delay: 60_000 };
      return { reached: () => rig.server.statements.some((text) => text.startsWith('DBCC')) };
    },
  },
  {
    name: 'while an assertion runs',
    left: 'missing',
    alive: 0,
    arrange: (rig) => ({
      args: ['--assert', "WAITFOR DELAY '00:01:00'", '--expect', '1'],
      reached: () => rig.server.statements.some((text) => text.startsWith('WAITFOR')),
    }),
  },
];

/** Until the drill knows how it ended. */
export const drillPhases: readonly RestorePhase[] = [...restorePhases, ...examination];
