// verify --verifyonly of native backups of SQL Server 2005 to 2022 as they are: every set of every file, stripes together.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { VerifyReport } from '../../src/job/verify/verify-report.ts';
import { wholeBackups } from '../rig/corpus.ts';
import { corpusPath } from '../rig/rig.ts';
import { trial } from '../rig/trial.ts';

/** WITH CHECKSUM or not is the backup's; the others have one set without checksums. */
const sets: Readonly<Record<string, readonly boolean[]>> = {
  'sql2008r2-full-checksum.bak': [true],
  'sql2012-multiset-6.bak': Array.from({ length: 6 }, () => false),
};

suite('verify --verifyonly of native backups', { concurrency: 2 }, () => {
  const stripes = ['sql2008r2-stripe2of2.bak', 'sql2008r2-stripe1of2.bak'];
  const media = [...wholeBackups.map((name) => [name]), stripes].filter((names) =>
    names.every((name) => existsSync(join(corpusPath, name))),
  );
  for (const names of media)
    test(names.join(' and '), () =>
      trial([], async (rig) => {
        const files = names.map((name) => join(corpusPath, name));
        const { code, stdout, stderr } = await rig.run([
          'verify',
          '--verifyonly',
          '--json',
          ...files,
        ]).ended;
        assert.equal(code, 0, stderr);
        const { server }: VerifyReport = JSON.parse(stdout.toString());
        const expected = sets[names[0] ?? ''] ?? [false];
        assert.deepEqual(
          server?.sets.map(({ outcome, checksum, messages }) => [
            outcome,
            checksum,
            messages.map(({ text }) => text).join(),
          ]),
          expected.map((checksum, index) => [
            'valid',
            checksum,
            `The backup set on file ${index + 1} is valid.`,
          ]),
        );
        assert.deepEqual(server.sets[0]?.files, files.toSorted());
      }),
    );
});
