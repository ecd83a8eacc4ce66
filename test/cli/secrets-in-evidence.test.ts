// As secrets.test.ts, of what a drill leaves for CI systems to show.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { evidence } from '../rig/drill-phases.ts';
import { checkJunit } from '../rig/junit-check.ts';
import { assertMasked, mark, passwords, withPassword } from '../rig/odd-passwords.ts';
import { assertFailed, assertSucceeded } from '../rig/trial.ts';

suite('of a drill', { concurrency: 2 }, () => {
  let folder: string;
  let archive: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vdibackup-test-'));
    archive = join(folder, 's.zst');
    await withPassword('made before', [], async (rig) =>
      assertSucceeded(await rig.run(['Sales', archive]).ended),
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const [what, password] of passwords)
    test(`a password that is ${what} is not in the evidence`, () =>
      withPassword(password, ['j.xml', 's.zst'], async (rig) => {
        await copyFile(archive, rig.path('s.zst'));
        rig.server.instance.checkdb = { finds: `page ${mark}${password}` };
        const ended = await rig.run(['drill', 's.zst', '--junit', 'j.xml']).ended;
        assertFailed(ended, 10, /DBCC CHECKDB/);
        assertMasked('stdout', ended.stdout.toString());
        assertMasked('stderr', ended.stderr);
        const { verdict, checkdb } = evidence(ended);
        assert.deepEqual([verdict, checkdb.outcome], ['failed', 'failed']);
        const junit = (await rig.read('j.xml')).toString();
        assertMasked('JUnit', junit);
        checkJunit(junit);
      }));
});
