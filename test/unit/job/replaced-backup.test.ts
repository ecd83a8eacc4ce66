import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import {
  type ReplacingDatabase,
  refuseOtherDatabases,
} from '../../../src/job/files/replaced-backup.ts';
import { appended } from '../../rig/media-set.ts';
import { backupBytes, description } from '../../rig/mtf-description.ts';

const folder = await mkdtemp(join(tmpdir(), 'vdibackup-test-'));
after(() => rm(folder, { recursive: true }));

const bytes = 256 * 1024;
const family = description.recoveryFork;
const foreign = 'B0000000-0000-4000-8000-00000000000B';
const files = {
  one: backupBytes(bytes),
  // NOINIT: two databases in one file.
  two: appended(
    backupBytes(bytes),
    backupBytes(bytes, { databaseName: 'Other', recoveryFork: foreign }),
  ),
};

/** `Sales ü` on HOST\LAB is what the files hold. */
function ours(change: {
  database?: string | undefined;
  server?: string | undefined;
  family?: string | undefined;
}): ReplacingDatabase {
  const { database = 'Sales ü', server = 'HOST\\LAB' } = change;
  const known = (key: 'database' | 'server', value: string) =>
    key in change ? change[key] : value;
  return {
    database: known('database', database),
    server: known('server', server),
    familyId: async () => change.family,
    isNamed: async (name) => name === 'SALES Ü',
  };
}

async function refused(name: keyof typeof files, change: Parameters<typeof ours>[0]) {
  const path = join(folder, name);
  await writeFile(path, files[name]);
  try {
    await refuseOtherDatabases([path], ours(change));
    return false;
  } catch (thrown) {
    assert.ok(thrown instanceof Failure && thrown.kind === 'io', String(thrown));
    assert.equal(thrown.code, 'other-database');
    return true;
  }
}

suite('a stored backup is of another database', () => {
  for (const [what, name, change, isOther] of [
    ['not by name and server', 'one', {}, false],
    ['not for the case of the server', 'one', { server: 'host\\lab' }, false],
    ['by its name', 'one', { database: 'Sales' }, true],
    ['by its server', 'one', { server: 'HOST\\PROD' }, true],
    ['by the case of its name, where the server says so', 'one', { database: 'sales Ü' }, true],
    ['not where the family is the same', 'one', { database: 'x', server: 'y', family }, false],
    ['by name and family', 'one', { database: 'x', family: foreign }, true],
    [
      'not where nothing is known of ours',
      'one',
      { database: undefined, server: undefined },
      false,
    ],
    ['when one of its sets is', 'two', {}, true],
    ['whatever that set says of the family', 'two', { database: 'x', family }, true],
  ] as const)
    test(what, async () => {
      assert.equal(await refused(name, change), isOther);
    });

  test('not when it does not exist', async () => {
    await refuseOtherDatabases([join(folder, 'none')], ours({}));
  });

  test('nobody knows of a folder', async () => {
    await assert.rejects(refuseOtherDatabases([folder], ours({})), { code: 'not-a-file' });
  });
});
