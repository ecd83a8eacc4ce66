// What the process lends to the objects it shares with SQL Server, and that it gets it back.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { evidence } from '../rig/drill-phases.ts';
import { Program } from '../rig/program.ts';
import { binPath, type Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import { umaskOf } from '../rig/umask.ts';

const accounts: [what: string, passwd: string, group: string, umask: number][] = [
  ['SQL Server runs under the same account', 'mssql:x:0:0::/:/bin/sh\n', 'root:x:0:\n', 0o007],
  ['SQL Server is in our group', 'mssql:x:10001:10001::/:/bin/sh\n', 'root:x:0:mssql\n', 0o007],
  ['SQL Server has nothing of ours', 'mssql:x:10001:10001::/:/bin/sh\n', 'root:x:0:\n', 0],
];

/** As root of a user namespace in which /etc/passwd and /etc/group are these. */
function asAccount(rig: Rig, args: readonly string[]): Program {
  const script =
    'mount --bind passwd /etc/passwd && mount --bind group /etc/group && umask 022 && exec "$@"';
  const command = ['unshare', '--mount', '--map-root-user', 'sh', '-c', script, 'sh'];
  const run = [process.execPath, binPath, ...rig.connection, ...args];
  return new Program([...command, ...run], { cwd: rig.folder, env: rig.environment });
}

suite('the umask while objects are shared with SQL Server', { concurrency: 2 }, () => {
  for (const [what, passwd, group, umask] of accounts)
    test(`is ${umask.toString(8).padStart(3, '0')} where ${what}`, () =>
      trial(['group', 'passwd'], async (rig) => {
        await writeFile(rig.path('passwd'), `root:x:0:0::/:/bin/sh\n${passwd}`);
        await writeFile(rig.path('group'), group);
        rig.server.fault({ 'silence-at': 9_000_000 });
        const program = asAccount(rig, ['Sales', 's.zst', '--stall-timeout', '2s']);
        const isServed = () => rig.judged().some((line) => / GetCommand /.test(line));
        await program.until('a command', isServed);
        assert.equal(umaskOf(program), umask);
        assertFailed(await program.ended, 12, /SQL Server is stuck/);
      }));

  test('is back where a device did not answer the abort, while the drill goes on', () =>
    trial(['j.xml', 's.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({});
      rig.server.fault({ 'silence-at': 9_000_000, 'silent-abort': 1 });
      rig.server.instance.dropDelay = 2000;
      const before = process.umask(0o027);
      const program = rig.run(['drill', 's.zst', '--stall-timeout', '1s', '--junit', 'j.xml']);
      process.umask(before);
      await program.until('the drop', () =>
        rig.server.statements.some((text) => text.startsWith('DROP DATABASE')),
      );
      assert.match(program.stderr, /did not answer the abort/);
      assert.equal(umaskOf(program), 0o027);
      const ended = await program.ended;
      assertFailed(ended, 12, /SQL Server is stuck/);
      assert.equal(evidence(ended).dropped, true);
    }));
});
