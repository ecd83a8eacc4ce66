// Native backups of SQL Server 2005 to 2022 as they are: alone, compressed by the stock program, through a pipe, in
// stripes and in chains.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { assertRestored, open, target, wholeBackups } from '../rig/corpus.ts';
import { corpusPath } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';

function fingerprint(path: string): { length: number; sha256: string } {
  const bytes = readFileSync(path);
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

suite('native backups', { concurrency: 2 }, () => {
  for (const name of wholeBackups) {
    const database = target(name);
    const again = database === 'Copy' ? ['--replace'] : [];
    test(`${name} as it is, from a file, a pipe and a .zst of the stock program`, () =>
      trial(
        ['real.zst'],
        async (rig) => {
          const path = join(corpusPath, name);
          const packed = spawnSync('zstd', ['-q', '-o', rig.path('real.zst'), path]);
          assert.equal(packed.status, 0, String(packed.stderr));
          const args = (file: string) => ['restore', database, file, '--norecovery', ...again];
          for (const file of [path, 'real.zst']) {
            assertRestored(await rig.run(args(file)).ended);
            assert.deepEqual(await rig.server.expectedBytes(database), fingerprint(path));
          }
          const piped = rig.run(args('-'), { stdin: 'pipe' });
          piped.child.stdin?.on('error', () => undefined).end(readFileSync(path));
          assertRestored(await piped.ended);
          assert.deepEqual(await rig.server.expectedBytes(database), fingerprint(path));
        },
        { databases: [open] },
      ));
  }

  test('a chain of full, differential and logs, named in any order, is restored in the right one', () =>
    trial([], async (rig) => {
      const files = ['log2', 'diff', 'full', 'log1'].map((part) =>
        join(corpusPath, `sql2016-${part}.bak`),
      );
      if (files.some((file) => !existsSync(file))) return;
      const [log2 = '', diff = '', full = '', log1 = ''] = files;
      const words = (text: string) =>
        /^RESTORE (DATABASE|LOG)|(NO)?RECOVERY/g[Symbol.match](text)?.join(' ');
      const restored = () =>
        rig.server.statements.filter((text) => /^RESTORE (DATABASE|LOG)/.test(text)).map(words);

      const logs = await rig.run(['restore', 'Chain', log2, full, log1]).ended;
      assertRestored(logs);
      const [first, ...rest] = [
        'RESTORE DATABASE NORECOVERY',
        'RESTORE LOG NORECOVERY',
        'RESTORE LOG RECOVERY',
      ];
      assert.deepEqual(restored(), [first, ...rest]);
      assert.deepEqual(await rig.server.expectedBytes('Chain'), fingerprint(log2));

      const whole = await rig.run(['restore', 'Chain', ...files, '--replace']).ended;
      assertRestored(whole);
      assert.match(whole.stderr, /sql2016-log2\.bak is not needed/);
      assert.deepEqual(await rig.server.expectedBytes('Chain'), fingerprint(diff));

      const before = rig.server.statements.length;
      assertFailed(
        await rig.run(['restore', 'Gap', log2, full]).ended,
        2,
        /the log is missing from LSN/,
      );
      assert.equal(rig.server.statements.length, before);
    }));

  test('two stripes belong together, one alone is refused', () =>
    trial([], async (rig) => {
      const [one = '', two = ''] = [1, 2].map((stripe) =>
        join(corpusPath, `sql2008r2-stripe${stripe}of2.bak`),
      );
      if (!existsSync(one)) return;
      assertFailed(await rig.run(['restore', 'Copy', one]).ended, 2, /stripe 2 of 2 .* not named/);
      assertRestored(await rig.run(['restore', 'Copy', two, one]).ended);
      for (const [device, path] of [one, two].entries())
        assert.deepEqual(await rig.server.expectedBytes('Copy', 2, device), fingerprint(path));
    }));
});
