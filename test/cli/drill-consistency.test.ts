// What a drill makes of DBCC CHECKDB: which check it makes, what is a finding, and what only says that nothing could be
// checked.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { DatabaseCheck } from '../../src/job/drill/drill-report.ts';
import { assertNoDrillDatabase, evidence } from '../rig/drill-phases.ts';
import { checkJunit, type XmlElement } from '../rig/junit-check.ts';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { InstanceOptions } from '../standin/instance.ts';

const noSnapshot = [
  {
    number: 1823,
    severity: 16,
    state: 1,
    text: 'A database snapshot cannot be created because it failed to start.',
  },
  {
    number: 5120,
    severity: 16,
    state: 4,
    text: 'Unable to open the physical file "/data/x.mdf_MSSQL_DBCC7". Operating system error 50: "The request is not supported.".',
  },
];

async function drilled(
  database: string,
  body: (rig: Rig) => Promise<void>,
  options: Partial<InstanceOptions> = {},
): Promise<void> {
  const whole = async (rig: Rig) => {
    assertSucceeded(await rig.run([database, 's.zst']).ended);
    await body(rig);
    assertNoDrillDatabase(rig);
  };
  await trial(['s.zst', 'j.xml'], whole, options);
}

function drill(rig: Rig, ...args: readonly string[]): Promise<Ended> {
  return rig.run(['drill', 's.zst', '--junit', 'j.xml', ...args]).ended;
}

/** The DBCC statements, without the name of the database. */
function checks({ server }: Rig): string[] {
  return server.statements
    .filter((text) => text.startsWith('DBCC'))
    .map((text) => text.replace(/ \(N'vdibackup_drill_[0-9a-f]+'\)/, ''));
}

async function checkCase(rig: Rig): Promise<XmlElement> {
  const [suite] = checkJunit((await rig.read('j.xml')).toString()).children;
  const cases = suite?.children.filter(({ name }) => name === 'testcase') ?? [];
  const found = cases.find(({ attributes }) => attributes.name?.startsWith('DBCC'));
  assert.ok(found);
  return found;
}

function facts({ outcome, ran, notes }: DatabaseCheck) {
  return { outcome, ran, notes: notes.map((note) => note.split(':')[0]) };
}

suite('the check of a drill', { concurrency: 2 }, () => {
  test('passes under locks where SQL Server cannot make a snapshot, and looks at the catalog by itself', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { noSnapshot };
      const ended = await drill(rig);
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /^warning: checked without a snapshot \(Msg 1823: /m);
      const { verdict, checkdb } = evidence(ended);
      assert.equal(verdict, 'passed');
      assert.deepEqual(facts(checkdb), {
        outcome: 'passed',
        ran: ['DBCC CHECKDB', 'DBCC CHECKCATALOG'],
        notes: [...Array(2)].flatMap(() => ['Msg 1823', 'Msg 5120', 'Msg 7928']),
      });
      const { attributes, children } = await checkCase(rig);
      assert.equal(attributes.name, 'DBCC CHECKDB, DBCC CHECKCATALOG');
      assert.match(children[0]?.text ?? '', /^Msg 1823: /);
    }));

  test('is made once more with TABLOCK, after it was given up', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { noSnapshot };
      rig.server.instance.refusedLocks = 1;
      const ended = await drill(rig, '--maxdop', '2');
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(checks(rig), [
        'DBCC CHECKDB WITH NO_INFOMSGS, MAXDOP = 2',
        'DBCC CHECKDB WITH NO_INFOMSGS, TABLOCK, MAXDOP = 2',
        'DBCC CHECKCATALOG WITH NO_INFOMSGS',
      ]);
      const { ran } = evidence(ended).checkdb;
      assert.deepEqual(ran, ['DBCC CHECKDB WITH TABLOCK', 'DBCC CHECKCATALOG']);
    }));

  test('that cannot be made at all breaks the drill off: it is not the backup that is wrong', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { noSnapshot };
      rig.server.instance.refusedLocks = 9;
      const ended = await drill(rig, '--assert', 'SELECT 1', '--expect', '1');
      assertFailed(ended, 5, /could not be checked: DBCC CHECKDB WITH TABLOCK ended with Msg 7926/);
      assert.doesNotMatch(ended.stderr, /restored, but/);
      const { verdict, checkdb, dropped } = evidence(ended);
      assert.deepEqual([verdict, checkdb.outcome, dropped], ['broken-off', 'skipped', true]);
      const { children } = await checkCase(rig);
      assert.equal(children[0]?.name, 'skipped');
      assert.match(children[0]?.attributes.message ?? '', /could not be checked/);
    }));

  test('that runs out of memory says nothing of the backup', () =>
    drilled('Sales', async (rig) => {
      const text =
        'There is insufficient system memory in resource pool "internal" to run this query.';
      rig.server.instance.checkdb = { breaksOff: [{ number: 701, severity: 17, state: 1, text }] };
      const ended = await drill(rig);
      assertFailed(ended, 5, /could not be checked: DBCC CHECKDB ended with Msg 701/);
      assert.equal(checks(rig).length, 1);
    }));

  test('that finds damage without a snapshot ends with 10, and says what it found', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { noSnapshot, finds: 'Page (1:79) could not be processed.' };
      const ended = await drill(rig);
      assertFailed(ended, 10, /restored, but DBCC CHECKDB: Msg 8928/);
      const { messages, notes } = evidence(ended).checkdb;
      assert.deepEqual([messages.length, notes.length], [1, 3]);
      const { children } = await checkCase(rig);
      assert.deepEqual(
        children.map(({ name }) => name),
        ['failure', 'system-out'],
      );
    }));

  test('that found damage stands, also when the connection is lost after it', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { finds: 'Page (1:79) could not be processed.' };
      const args = ['--assert', "WAITFOR DELAY '00:01:00'", '--expect', '1', '--junit', 'j.xml'];
      const program = rig.run(['drill', 's.zst', ...args]);
      const asks = (text: string) => text.startsWith('WAITFOR');
      await program.until('the assertion', () => rig.server.statements.some(asks));
      rig.server.disconnectAll();
      const ended = await program.ended;
      assertFailed(ended, 10, /restored, but DBCC CHECKDB: Msg 8928/);
      assert.equal(evidence(ended).verdict, 'failed');
    }));

  test('is the physical one when that is asked for, and then has no catalog to look at', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { noSnapshot };
      const ended = await drill(rig, '--checkdb', 'physical');
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(checks(rig), ['DBCC CHECKDB WITH NO_INFOMSGS, PHYSICAL_ONLY']);
      const { attributes } = await checkCase(rig);
      assert.equal(attributes.name, 'DBCC CHECKDB WITH PHYSICAL_ONLY');
    }));

  test('is left out when that is asked for', () =>
    drilled('Sales', async (rig) => {
      rig.server.instance.checkdb = { finds: 'nobody looks' };
      const ended = await drill(rig, '--checkdb', 'none');
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(checks(rig), []);
      const { outcome, reason } = evidence(ended).checkdb;
      assert.deepEqual([outcome, reason], ['skipped', '--checkdb none']);
      const { children } = await checkCase(rig);
      assert.deepEqual(children[0]?.attributes, { message: '--checkdb none' });
    }));

  test('is left out for a backup of master, with the reason; assertions are asked', () =>
    drilled('master', async (rig) => {
      const ended = await drill(rig, '--assert', 'SELECT 1', '--expect', '1');
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /^warning: DBCC CHECKDB is skipped: the backup is of master/m);
      assert.deepEqual(checks(rig), []);
      const { verdict, checkdb, assertions } = evidence(ended);
      assert.deepEqual(
        [verdict, checkdb.outcome, assertions[0]?.outcome],
        ['passed', 'skipped', 'passed'],
      );
    }));

  test('with MAXDOP is refused by a server that does not know it, before anything is restored', () =>
    drilled(
      'Sales',
      async (rig) => {
        const ended = await drill(rig, '--maxdop', '4');
        assertFailed(ended, 5, /SQL Server 12\.0\.4100\.1 does not know MAXDOP/);
        assert.equal(
          rig.server.statements.some((text) => text.startsWith('RESTORE')),
          false,
        );
      },
      { version: '12.0.4100.1' },
    ));

  const misuses: [readonly string[], RegExp][] = [
    [['--checkdb', 'quick'], /--checkdb must be one of full, physical, none/],
    [['--maxdop', '-1'], /--maxdop must be/],
    [['--maxdop', '40000'], /--maxdop must be/],
    [['--checkdb', 'none', '--maxdop', '2'], /--maxdop is for DBCC CHECKDB/],
  ];
  for (const [args, reason] of misuses)
    test(`refuses ${args.join(' ')}`, () =>
      trial([], async (rig) => {
        assertFailed(await rig.run(['drill', 's.zst', ...args]).ended, 2, reason);
        assert.deepEqual(rig.server.logins, []);
      }));
});
