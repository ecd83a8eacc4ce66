// A backup may come from anywhere. What its database holds must not run with the rights of whoever drills it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertNoDrillDatabase, evidence } from '../rig/drill-phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const count = (from: string) => ['--assert', `SELECT COUNT(*) FROM ${from}`, '--expect', '= 1'];

async function drill(
  args: readonly string[],
  arrange: (rig: Rig) => void,
  check: (ended: Awaited<ReturnType<Rig['run']>['ended']>, rig: Rig) => void,
): Promise<void> {
  await trial(['s.zst'], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    arrange(rig);
    const ended = await rig.run(['drill', 's.zst', ...args]).ended;
    check(ended, rig);
    assertNoDrillDatabase(rig);
  });
}

const nothing = () => undefined;

suite('a drill in a hostile database', { concurrency: 2 }, () => {
  const ways: [what: string, from: string, message: RegExp][] = [
    ['a view over a linked server', 'dbo.Lines', /Msg 15274: .*not trusted/],
    ['OPENQUERY', "OPENQUERY(loopback, 'SELECT 1')", /Msg 15274: .*not trusted/],
    ['OPENROWSET', "OPENROWSET('MSOLEDBSQL', 'x', 'SELECT 1')", /Msg 7415: Ad hoc access/],
  ];
  for (const [what, from, message] of ways)
    test(`reaches no other server through ${what}`, () =>
      drill(
        count(from),
        (rig) => {
          rig.server.instance.remoteViews = ['dbo.lines'];
        },
        (ended, { server }) => {
          assertFailed(ended, 10, /restored, but SELECT COUNT/);
          assert.match(evidence(ended).assertions[0]?.messages[0] ?? '', message);
          assert.equal(server.instance.escapes, 0, 'somebody asked another server');
        },
      ));

  test('cannot go back to the rights of the login, nor to another database', () =>
    drill(
      ['REVERT', 'USE master', "EXEC('REVERT')"].flatMap((query) => [
        '--assert',
        query,
        '--expect',
        '1',
      ]),
      nothing,
      (ended) => {
        assertFailed(ended, 10, /restored, but /);
        const messages = evidence(ended).assertions.map((one) => one.messages[0] ?? '');
        assert.deepEqual(
          messages.map((text) => text.slice(0, 'Msg 15591'.length)),
          ['Msg 15591', 'Msg 916: ', 'Msg 15591'],
        );
      },
    ));

  test('checks it before, and drops it after in another session', () =>
    drill(['--assert', 'SELECT 1', '--expect', '1'], nothing, (ended, { server }) => {
      assert.equal(ended.code, 0, ended.stderr);
      const order = ['DBCC CHECKDB', 'USE [', 'EXECUTE AS USER', 'SELECT 1', 'DROP DATABASE'];
      const at = order.map((words) =>
        server.statements.findIndex((text) => text.startsWith(words)),
      );
      assert.ok(!at.includes(-1), server.statements.join('\n'));
      assert.deepEqual(
        at,
        at.toSorted((a, b) => a - b),
      );
    }));

  test('whose owner has no login here is given to sa, whatever sa is called, and still confined', () =>
    drill(
      [...count('dbo.Lines'), '--assert', 'SELECT 1', '--expect', '1'],
      (rig) => {
        rig.server.instance.ownersAreGone = true;
        rig.server.instance.remoteViews = ['dbo.lines'];
      },
      (ended, { server }) => {
        assertFailed(ended, 10, /restored, but /);
        const [view, one] = evidence(ended).assertions;
        assert.match(view?.messages[0] ?? '', /15274/);
        assert.equal(one?.outcome, 'passed');
        assert.ok(server.statements.some((text) => text.endsWith('TO [sa]]renamed]')));
        assert.equal(server.instance.escapes, 0);
      },
    ));

  test('whose owner has no login here fires no DDL trigger of its own: nothing is asked of it', () =>
    drill(
      ['--assert', 'SELECT 1', '--expect', '1'],
      (rig) => {
        rig.server.instance.ownersAreGone = true;
        rig.server.instance.ddlTriggers = ['evil', 'worse'];
      },
      (ended, { server }) => {
        assertFailed(ended, 5, /its owner has no login here.* DDL trigger/);
        assert.match(ended.stderr, /hint: /);
        assert.deepEqual(server.instance.fired, []);
        const { verdict, checkdb, assertions } = evidence(ended);
        assert.equal(verdict, 'broken-off');
        assert.equal(checkdb.outcome, 'passed');
        assert.equal(assertions[0]?.outcome, 'skipped');
      },
    ));
});
