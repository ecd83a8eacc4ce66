// Whatever ends a drill otherwise: a source, a server or a connection that fails, and signals while its database is
// being dropped. No database is left behind, unless SQL Server does not drop it; then the user is told its name.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { abort, generousAbortMs } from '../rig/aborting.ts';
import { assertNoDrillDatabase, drillDatabases, evidence } from '../rig/drill-phases.ts';
import type { Program } from '../rig/program.ts';
import { badDisk, inOrder } from '../rig/restore-phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { Fault } from '../standin/fault.ts';

async function drilled(body: (rig: Rig) => Promise<void>): Promise<void> {
  await trial(['s.zst'], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    await body(rig);
  });
}

suite('a drill that fails leaves no database:', { concurrency: 2 }, () => {
  const midway = { slow: 20, tiny: 262_144 };
  const faults: [string, Fault, number, RegExp][] = [
    ['an error before the devices', { error: { number: 3101, text: 'In use.' } }, 6, /Msg 3101/],
    ['an error in the middle', { 'error-at': 9_000_000 }, 7, /Msg 3043/],
    ['a connection lost in the middle', { ...midway, 'vanish-at': 9_000_000 }, 4, /was lost/],
    [
      'a connection lost, and only we notice',
      { ...midway, 'vanish-at': 9_000_000, 'vanish-keeps-set': true },
      4,
      /was lost/,
    ],
    ['a connection lost at the start', { 'vanish-at': 0 }, 4, /was lost/],
    ['an abort by SQL Server', { 'abort-at': 'GetCommand:4' }, 7, /Msg (18210|3203): .*995/],
    ['silence', { 'silence-at': 9_000_000 }, 12, /SQL Server is stuck/],
    ['no word of success', { 'no-3014': true }, 7, /without saying that it succeeded/],
  ];
  for (const [title, fault, exitCode, reason] of faults)
    test(title, () =>
      drilled(async (rig) => {
        rig.server.fault({});
        rig.server.fault(fault);
        const ended = await rig.run(['drill', 's.zst', '--stall-timeout', '1s']).ended;
        assertFailed(ended, exitCode, reason);
        assert.equal(evidence(ended).dropped, true);
        assertNoDrillDatabase(rig);
      }),
    );

  test('a source that cannot be read on', () =>
    drilled(async (rig) => {
      const ended = await rig.run(['drill', ...inOrder, 's.zst'], { env: badDisk(rig, 'EIO') })
        .ended;
      assertFailed(ended, 8, /cannot read .*s\.zst.*EIO/);
      assert.equal(evidence(ended).dropped, true);
      assertNoDrillDatabase(rig);
    }));

  test('a connection that is lost while DBCC CHECKDB runs, which says nothing of the database', () =>
    drilled(async (rig) => {
      rig.server.instance.checkdb = { delay: 60_000 };
      const program = rig.run(['drill', 's.zst']);
      await program.until('DBCC', () =>
        rig.server.statements.some((text) => text.startsWith('DBCC')),
      );
      rig.server.disconnectAll();
      const ended = await program.ended;
      assertFailed(ended, 4, /was lost/);
      const { verdict, checkdb, dropped } = evidence(ended);
      assert.deepEqual([verdict, checkdb.outcome, dropped], ['broken-off', 'skipped', true]);
      assertNoDrillDatabase(rig);
    }));

  test('a frame that is damaged, in the middle of the stream', () =>
    drilled(async (rig) => {
      const archive = await rig.read('s.zst');
      const at = Math.floor(archive.length * 0.7);
      archive.writeUInt8(archive.readUInt8(at) ^ 0xff, at);
      await writeFile(rig.path('s.zst'), archive);
      const ended = await rig.run(['drill', 's.zst']).ended;
      assertFailed(ended, 9, /s\.zst is damaged/);
      assert.equal(evidence(ended).dropped, true);
      assertNoDrillDatabase(rig);
    }));
});

suite('a signal while the database of a drill is being dropped', { concurrency: 2 }, () => {
  async function dropping(rig: Rig, delayMs: number): Promise<Program> {
    rig.server.instance.dropDelay = delayMs;
    const program = rig.run(['drill', 's.zst']);
    await program.until('DROP DATABASE', () =>
      rig.server.statements.some((text) => text.startsWith('DROP DATABASE')),
    );
    return program;
  }

  for (const sent of [['SIGINT'], ['SIGINT', 'SIGINT'], ['SIGTERM']] as const)
    test(`is too late (${sent.join(', ')})`, () =>
      drilled(async (rig) => {
        const ended = await abort(await dropping(rig, 600), ...sent);
        assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.stderr, /^warning: too late to abort \(/m);
        const { verdict, dropped } = evidence(ended);
        assert.deepEqual([verdict, dropped], ['passed', true]);
        assertNoDrillDatabase(rig);
      }));

  test('that never ends is waited for once, and twice not for long: its name is said', () =>
    drilled(async (rig) => {
      const ended = await abort(await dropping(rig, 60_000), 'SIGINT', 'SIGINT');
      assertFailed(ended, 130, /Ctrl-C/);
      assert.ok(ended.abortMs < generousAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
      const { dropped, database } = evidence(ended);
      assert.equal(dropped, false);
      assert.deepEqual(drillDatabases(rig), [database]);
      const left = `throw-away database [${database}] could not be dropped`;
      assert.ok(ended.stderr.includes(left), ended.stderr);
      assert.ok(ended.stderr.includes(`DROP DATABASE [${database}];`), ended.stderr);
    }));
});
