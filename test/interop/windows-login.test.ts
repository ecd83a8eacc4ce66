// -E with the whole program: a Kerberos ticket through msnodesqlv8, unixODBC and FreeTDS, and everything the TDS driver's
// session is held to. The stand-in has no key of the realm: it takes any ticket for good.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { abort, assertServerFree, generousAbortMs } from '../rig/aborting.ts';
import { assertNoDrillDatabase } from '../rig/drill-phases.ts';
import { enter, phases } from '../rig/phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import { kerberosPrograms, SuiteRealm } from './kerberos.ts';
import { defineOdbcTests } from './odbc-environment.ts';

defineOdbcTests(fileURLToPath(import.meta.url), kerberosPrograms, () => {
  suite('-E', () => {
    const realm = new SuiteRealm();

    /** A trial whose runs log in with the ticket. */
    const withTicket = (leaves: readonly string[], body: (rig: Rig) => Promise<void>) =>
      trial(
        leaves,
        async (rig) => {
          realm.admit(rig, '-E', '-C');
          await body(rig);
        },
        { windowsLogins: true },
      );

    test('a backup, and its way back', () =>
      withTicket(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        assert.deepEqual(
          rig.server.logins.map(({ windows, accepted, applicationName, cipher }) => ({
            windows,
            accepted,
            applicationName,
            cipher,
          })),
          [{ windows: true, accepted: true, applicationName: 'vdibackup', cipher: 'everything' }],
        );
        const { code, stderr } = await rig.run(['restore', 'Copy', 's.zst']).ended;
        assert.equal(code, 0, stderr);
        assert.deepEqual(
          await rig.server.expectedBytes('Copy', 1, 0),
          await rig.server.expectedBytes('Sales', 1, 0),
        );
      }));

    test('a drill, whose assertions run as the owner of its database and reach no other', () =>
      withTicket(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        const inside = ['--assert', 'SELECT 41 + 1', '--expect', '= 42'];
        const passed = await rig.run(['drill', 's.zst', ...inside]).ended;
        assert.equal(passed.code, 0, passed.stderr);
        const order = ['DBCC CHECKDB', 'EXECUTE AS USER', 'SELECT 41', 'DROP DATABASE'].map(
          (words) => rig.server.statements.findIndex((text) => text.startsWith(words)),
        );
        assert.ok(!order.includes(-1), rig.server.statements.join('\n'));
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        );
        const outside = ['--assert', 'USE master; SELECT 1', '--expect', '= 1'];
        assertFailed(await rig.run(['drill', 's.zst', ...outside]).ended, 10, /not able to access/);
        assertNoDrillDatabase(rig);
      }));

    for (const phase of phases)
      test(`Ctrl-C ${phase.name}`, () =>
        withTicket(['s.zst'], async (rig) => {
          await writeFile(rig.path('s.zst'), 'yesterday');
          const program = await enter(rig, phase, ['Sales', 's.zst', '--overwrite']);
          const ended = await abort(program, 'SIGINT');
          assertFailed(ended, 130, /interrupted by Ctrl-C/);
          assert.ok(
            ended.abortMs < generousAbortMs,
            `the end took ${Math.round(ended.abortMs)} ms`,
          );
          await assertServerFree(rig);
          assert.equal((await rig.read('s.zst')).toString(), 'yesterday');
        }));

    test("SQL Server's own words are the reason of a failure, in the order it said them", () =>
      withTicket([], async (rig) => {
        const error = { number: 3023, severity: 16, text: 'Backup operations must be serialized.' };
        rig.server.fault({ error });
        const ended = await rig.run(['Sales', 's.zst']).ended;
        assertFailed(ended, 6, /Msg 3023: Backup operations must be serialized/);
        assert.match(
          ended.stderr,
          /Msg 3023, Level 16: [^\n]*\n[^\n]*Msg 3013, Level 16: BACKUP DATABASE/,
        );
      }));

    test('a connection that dies in the middle is told as lost', () =>
      withTicket([], async (rig) => {
        rig.server.fault({ 'vanish-at': 9_000_000, 'vanish-keeps-set': true });
        assertFailed(await rig.run(['Sales', 's.zst']).ended, 4, /the connection .* was lost/);
      }));

    test('a server that answers nothing any more can be left', () =>
      withTicket([], async (rig) => {
        rig.server.fault({ 'mute-sql': true });
        const program = rig.run(['Sales', 's.zst']);
        const asked = () => rig.server.statements.some((text) => text.startsWith('BACKUP'));
        await program.until('the statement', asked);
        const ended = await abort(program, 'SIGINT', 'SIGINT');
        assertFailed(ended, 130, /interrupted by Ctrl-C/);
        assert.ok(ended.abortMs < generousAbortMs, `took ${Math.round(ended.abortMs)} ms`);
      }));

    test('a reader of stdout that goes away is a failure', () =>
      withTicket([], async (rig) => {
        const program = rig.run(['Sales', '-'], { unreadStdout: true });
        program.child.stdout?.once('readable', () => program.child.stdout?.destroy());
        assertFailed(await program.ended, 8, /reader|pipe/i);
      }));

    test('without a ticket there is no connection, and no device', () =>
      withTicket([], async (rig) => {
        rig.connectionEnvironment = realm.withoutTicket;
        assertFailed(await rig.run(['Sales', 's.zst']).ended, 4, /cannot connect/);
        assert.deepEqual(
          rig.judged().filter((line) => line.includes(' Create ')),
          [],
        );
      }));

    test('without an ODBC driver the one to install is named', () =>
      withTicket([], async (rig) => {
        rig.connectionEnvironment = { ...realm.ticket, ODBCSYSINI: rig.path('nowhere') };
        const ended = await rig.run(['Sales', 's.zst']).ended;
        assertFailed(ended, 4, /needs an ODBC driver for SQL Server, and none is installed/);
        assert.match(ended.stderr, /hint: Install the ODBC Driver 18 for SQL Server/);
      }));

    test('a server that takes no Windows login says so', () =>
      withTicket([], async (rig) => {
        rig.server.loginFault({
          'login-error': { number: 18452, severity: 14, text: 'Login failed. Untrusted domain.' },
        });
        const ended = await rig.run(['Sales', 's.zst']).ended;
        assertFailed(ended, 4, /Msg 18452/);
        assert.match(ended.stderr, /CREATE LOGIN/);
      }));
  });
});
