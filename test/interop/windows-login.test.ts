// -E with the whole program: a Kerberos ticket through msnodesqlv8, unixODBC and FreeTDS, and everything the TDS driver's
// session is held to. The stand-in has no key of the realm: it takes any ticket for good.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { abort, assertServerFree, longestAbortMs } from '../rig/aborting.ts';
import { enter, phases } from '../rig/phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import { Kerberos } from './kerberos.ts';
import { defineOdbcTests } from './odbc-environment.ts';

defineOdbcTests(fileURLToPath(import.meta.url), ['krb5kdc', 'kadmin.local', 'kinit'], () => {
  suite('-E', () => {
    let kerberos: Kerberos;
    let ticket: Record<string, string>;

    before(async () => {
      kerberos = await Kerberos.start();
      ticket = kerberos.ticketOf('backup');
    });
    after(() => kerberos.stop());

    /** A trial whose runs log in with the ticket. */
    const withTicket = (leaves: readonly string[], body: (rig: Rig) => Promise<void>) =>
      trial(
        leaves,
        async (rig) => {
          kerberos.addService(`MSSQLSvc/localhost:${rig.server.port}`);
          rig.connection = ['-S', `localhost,${rig.server.port}`, '-E', '-C'];
          rig.connectionEnvironment = ticket;
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

    for (const phase of phases)
      test(`Ctrl-C ${phase.name}`, () =>
        withTicket(['s.zst'], async (rig) => {
          await writeFile(rig.path('s.zst'), 'yesterday');
          const program = await enter(rig, phase, ['Sales', 's.zst', '--overwrite']);
          const ended = await abort(program, 'SIGINT');
          assertFailed(ended, 130, /interrupted by Ctrl-C/);
          assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
          await assertServerFree(rig);
          assert.equal((await rig.read('s.zst')).toString(), 'yesterday');
        }));

    test("SQL Server's own words end the run with their exit code", () =>
      withTicket([], async (rig) => {
        const ended = await rig.run(['Sales', 's.zst', '--with', 'MEDIAPASSWORD = 1x']).ended;
        assert.equal(ended.code === 2 || ended.code === 7, true, ended.stderr);
      }));

    test('a reader of stdout that goes away is a failure', () =>
      withTicket([], async (rig) => {
        const program = rig.run(['Sales', '-'], { unreadStdout: true });
        program.child.stdout?.once('readable', () => program.child.stdout?.destroy());
        assertFailed(await program.ended, 8, /reader|pipe/i);
      }));

    test('without a ticket there is no connection, and no device', () =>
      withTicket([], async (rig) => {
        rig.connectionEnvironment = kerberos.withoutTicket();
        assertFailed(await rig.run(['Sales', 's.zst']).ended, 4, /cannot connect/);
        assert.deepEqual(
          rig.judged().filter((line) => line.includes(' Create ')),
          [],
        );
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
