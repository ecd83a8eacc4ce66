import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import {
  type BackupStatementInput,
  backupStatement,
} from '../../../src/sql/statement/backup-statement.ts';
import { parseWithOptions } from '../../../src/sql/statement/with-options.ts';

const plain: BackupStatementInput = {
  database: 'Sales',
  type: 'full',
  deviceNames: ['set'],
  compression: 'zstd',
  checksum: true,
};

const statements: [title: string, change: Partial<BackupStatementInput>, statement: string][] = [
  [
    'a full backup',
    {},
    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, NO_COMPRESSION, CHECKSUM, STATS = 1",
  ],
  [
    'a copy',
    { type: 'copy' },
    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, COPY_ONLY, NO_COMPRESSION, CHECKSUM, STATS = 1",
  ],
  [
    'a differential backup',
    { type: 'diff' },
    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, DIFFERENTIAL, NO_COMPRESSION, CHECKSUM, STATS = 1",
  ],
  [
    'a log backup',
    { type: 'log' },
    "BACKUP LOG [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, NO_COMPRESSION, CHECKSUM, STATS = 1",
  ],
  [
    'three stripes of a name that needs quoting',
    { database: 'a]b', deviceNames: ['s', 's-1', "s'2"] },
    "BACKUP DATABASE [a]]b] TO VIRTUAL_DEVICE = N's', VIRTUAL_DEVICE = N's-1', VIRTUAL_DEVICE = N's''2' WITH FORMAT, NO_COMPRESSION, CHECKSUM, STATS = 1",
  ],
  [
    'everything at once',
    {
      type: 'copy',
      compression: 'server',
      checksum: false,
      transferSize: 4194304,
      bufferCount: 16,
      blockSize: 65536,
      name: "Tom's",
      description: 'nightly',
      with: 'RETAINDAYS = 7',
    },
    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, COPY_ONLY, COMPRESSION, NO_CHECKSUM, MAXTRANSFERSIZE = 4194304, BUFFERCOUNT = 16, BLOCKSIZE = 65536, NAME = N'Tom''s', DESCRIPTION = N'nightly', STATS = 1, RETAINDAYS = 7",
  ],
  [
    'a server older than compression',
    { serverMajor: 9, compression: 'none' },
    "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'set' WITH FORMAT, CHECKSUM, STATS = 1",
  ],
];

for (const [title, change, statement] of statements)
  test(`${title} is ${statement}`, () => {
    assert.equal(backupStatement({ ...plain, ...change }), statement);
  });

const repetitions: [written: string, gone: string, type?: 'copy' | 'diff'][] = [
  ['STATS = 10', 'STATS = 1,'],
  ['stats', 'STATS = 1,'],
  ['NO_CHECKSUM', ' CHECKSUM'],
  ['CHECKSUM', 'NO_CHECKSUM'],
  ['COMPRESSION (ALGORITHM = ZSTD)', 'NO_COMPRESSION'],
  ['COPY_ONLY', 'COPY_ONLY, NO', 'copy'],
  ['DIFFERENTIAL', 'DIFFERENTIAL, NO', 'diff'],
  ['NOFORMAT', ' FORMAT,'],
  ['NOINIT', 'FORMAT'],
  ['MAXTRANSFERSIZE = 65536', 'MAXTRANSFERSIZE = 4194304'],
  ["NAME = N'mine'", 'ours'],
];

for (const [written, gone, type = 'full'] of repetitions)
  test(`--with "${written}" replaces our option of that kind`, () => {
    const statement = backupStatement({
      ...plain,
      type: type as 'full',
      transferSize: 4194304,
      name: 'ours',
      with: written,
    });
    assert.ok(
      statement.endsWith(`, ${written}`) || statement.endsWith(`WITH ${written}`),
      statement,
    );
    assert.ok(!statement.includes(gone), statement);
  });

test('an option hidden in a quoted value does not count as written', () => {
  const statement = backupStatement({ ...plain, with: "MEDIANAME = N'x, STATS = 5'" });
  assert.ok(statement.includes('STATS = 1, MEDIANAME'), statement);
});

test('no word appears twice, whatever the user adds', () => {
  const options = [
    'STATS = 5',
    'CHECKSUM',
    'NO_CHECKSUM',
    'COMPRESSION',
    'INIT',
    'COPY_ONLY',
    "NAME = N'n'",
    'BLOCKSIZE = 512',
    'BUFFERCOUNT = 3',
    "DESCRIPTION = N'd'",
  ];
  fc.assert(
    fc.property(fc.subarray(options, { minLength: 1 }), (added) => {
      const statement = backupStatement({
        ...plain,
        type: 'copy',
        name: 'n',
        description: 'd',
        blockSize: 512,
        bufferCount: 9,
        with: added.join(', '),
      });
      const all = parseWithOptions(statement.slice(statement.indexOf(' WITH ') + 6));
      const ours = all.slice(0, all.length - added.length).map((option) => option.name);
      const theirs = all.slice(all.length - added.length).map((option) => option.name);
      assert.deepEqual(
        ours.filter((name) => theirs.includes(name)),
        [],
      );
      assert.deepEqual([...new Set(ours)], ours);
    }),
  );
});

test('--with must not change what kind of backup this is', () => {
  for (const type of ['copy', 'full', 'log'] as const)
    assert.throws(
      () => backupStatement({ ...plain, type, with: 'DIFFERENTIAL' }),
      usage('type-in-with'),
    );
  assert.throws(
    () => backupStatement({ ...plain, with: 'METADATA_ONLY' }),
    usage('snapshot-in-with'),
  );
  assert.throws(() => backupStatement({ ...plain, with: 'SNAPSHOT' }), usage('snapshot-in-with'));
});

test('a blank --with adds nothing', () => {
  assert.equal(backupStatement({ ...plain, with: '  ' }), backupStatement(plain));
});

test('a description may be longer than a name', () => {
  backupStatement({ ...plain, description: 'x'.repeat(255) });
  assert.throws(
    () => backupStatement({ ...plain, description: 'x'.repeat(256) }),
    usage('name-too-long'),
  );
  assert.throws(() => backupStatement({ ...plain, name: 'x'.repeat(129) }), usage('name-too-long'));
});

test('numbers that cannot be and a missing device are internal errors', () => {
  for (const transferSize of [0, -1, 1.5, Number.NaN])
    assert.throws(() => backupStatement({ ...plain, transferSize }), /internal error/);
  assert.throws(() => backupStatement({ ...plain, deviceNames: [] }), /internal error/);
});

function usage(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.kind === 'usage' && error.code === code;
}
