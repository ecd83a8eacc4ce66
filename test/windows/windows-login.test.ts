// A Windows login by the program for Windows: msnodesqlv8's binary for Windows, Wine's odbc32.dll, and behind it unixODBC
// and FreeTDS with a Kerberos ticket. What Microsoft's ODBC drivers do is not shown here.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { kerberosPrograms, SuiteRealm } from '../interop/kerberos.ts';
import { whereInstalled } from '../interop/odbc-environment.ts';
import { assertFailed, assertSame, assertSucceeded } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import { type WindowsRig, windowsTrial } from './windows-rig.ts';

whereInstalled(kerberosPrograms, () => {
  suite('under Windows', () => {
    const realm = new SuiteRealm();

    const withoutPassword = (leaves: readonly string[], body: (rig: WindowsRig) => Promise<void>) =>
      windowsTrial(
        leaves,
        async (windows) => {
          realm.admit(windows.rig, '-C');
          await body(windows);
        },
        { windowsLogins: true },
      );

    test('a Windows login is what happens without -U', () =>
      withoutPassword(['s.zst'], async (windows) => {
        const { rig } = windows;
        assertSucceeded(await windows.bare([...rig.connection, 'Sales', 's.zst']).ended);
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        assert.deepEqual(
          rig.server.logins.map(({ windows: byTicket, accepted }) => [byTicket, accepted]),
          [[true, true]],
        );
      }));

    test('an account without a ticket gets no connection and no device', () =>
      withoutPassword([], async (windows) => {
        const { rig } = windows;
        rig.connectionEnvironment = realm.withoutTicket;
        const ended = await windows.bare([...rig.connection, '-E', 'Sales', 's.zst']).ended;
        assertFailed(ended, 4, /cannot connect/);
      }));
  });
});
