import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import {
  type RestoreStatementInput,
  restoreStatement,
} from '../../../src/sql/statement/restore-statement.ts';

const plain: RestoreStatementInput = {
  action: 'database',
  database: 'Sales',
  deviceNames: ['set'],
};
const from = "FROM VIRTUAL_DEVICE = N'set'";

const statements: [title: string, change: Partial<RestoreStatementInput>, statement: string][] = [
  ['a database', {}, `RESTORE DATABASE [Sales] ${from} WITH RECOVERY, STATS = 1`],
  ['a log', { action: 'log' }, `RESTORE LOG [Sales] ${from} WITH RECOVERY, STATS = 1`],
  [
    'several stripes of a name that needs quoting',
    { database: 'a]b', deviceNames: ['s', "s'1"] },
    "RESTORE DATABASE [a]]b] FROM VIRTUAL_DEVICE = N's', VIRTUAL_DEVICE = N's''1' WITH RECOVERY, STATS = 1",
  ],
  [
    'everything at once',
    {
      moves: [
        { logicalName: "Tom's", path: 'D:\\data\\a.mdf' },
        { logicalName: 'log', path: '/var/opt/log.ldf' },
      ],
      replace: true,
      end: { kind: 'norecovery' },
      stopAt: '2024-05-01T12:00:00',
      checksum: true,
      blockSize: 4096,
      transferSize: 4194304,
      with: 'KEEP_REPLICATION',
    },
    `RESTORE DATABASE [Sales] ${from} WITH MOVE N'Tom''s' TO N'D:\\data\\a.mdf', MOVE N'log' TO N'/var/opt/log.ldf', REPLACE, NORECOVERY, STOPAT = N'2024-05-01T12:00:00', CHECKSUM, BLOCKSIZE = 4096, MAXTRANSFERSIZE = 4194304, STATS = 1, KEEP_REPLICATION`,
  ],
  [
    'a standby',
    { end: { kind: 'standby', undoFile: "/var/o'ne.tuf" } },
    `RESTORE DATABASE [Sales] ${from} WITH STANDBY = N'/var/o''ne.tuf', STATS = 1`,
  ],
  [
    'options of the user instead of ours',
    { with: "STATS = 25, STOPATMARK = N'lsn:1', NO_CHECKSUM", stopAt: '2024', checksum: true },
    `RESTORE DATABASE [Sales] ${from} WITH RECOVERY, STATS = 25, STOPATMARK = N'lsn:1', NO_CHECKSUM`,
  ],
  ['the file list', { action: 'filelistonly' }, `RESTORE FILELISTONLY ${from}`],
  [
    'the file list of a usual block size, which its grammar does not know',
    { action: 'filelistonly', blockSize: 512, transferSize: 4194304, with: 'KEEP_CDC' },
    `RESTORE FILELISTONLY ${from}`,
  ],
  [
    'the file list of one of several sets, under a password',
    { action: 'filelistonly', with: "KEEP_CDC, MEDIAPASSWORD = 'x', FILE = 2" },
    `RESTORE FILELISTONLY ${from} WITH MEDIAPASSWORD = 'x', FILE = 2`,
  ],
  [
    'the file list of an unusual block size',
    { action: 'filelistonly', blockSize: 4096 },
    `RESTORE FILELISTONLY ${from} WITH BLOCKSIZE = 4096`,
  ],
  [
    'the file list with checksums',
    { action: 'filelistonly', checksum: true },
    `RESTORE FILELISTONLY ${from} WITH CHECKSUM`,
  ],
  ['a verification', { action: 'verifyonly' }, `RESTORE VERIFYONLY ${from} WITH STATS = 1`],
];

for (const [title, change, statement] of statements)
  test(`restores ${title}`, () =>
    assert.equal(restoreStatement({ ...plain, ...change }), statement));

const refused: [title: string, change: Partial<RestoreStatementInput>, code: string][] = [
  ...[
    "MOVE N'a' TO N'b'",
    'replace',
    'NoRecovery',
    'RECOVERY',
    "STANDBY = N'f'",
    'SNAPSHOT',
    'METADATA_ONLY',
  ].map((words): [string, Partial<RestoreStatementInput>, string] => [
    `--with ${words}`,
    { with: words },
    'option-in-with',
  ]),
  ['--with that is no list', { with: 'KEEP_CDC; DROP DATABASE x' }, 'bad-with-options'],
  ['a database without a name', { database: '' }, 'empty-name'],
  [
    'a path that no column holds',
    { moves: [{ logicalName: 'a', path: '/'.repeat(261) }] },
    'name-too-long',
  ],
];

for (const [title, change, code] of refused)
  test(`refuses ${title}`, () => {
    const isIt = (error: unknown) =>
      error instanceof Failure && error.kind === 'usage' && error.code === code;
    assert.throws(() => restoreStatement({ ...plain, ...change }), isIt);
  });

test('no name or path ever ends its quotes', () => {
  const word = fc.string({ minLength: 1, maxLength: 100 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(word, word, word, (database, logicalName, path) => {
      const text = restoreStatement({ ...plain, database, moves: [{ logicalName, path }] });
      const quoted = /\[(?:[^\]]|\]\])*\]|N'(?:[^']|'')*'/g;
      const bare = text.replaceAll(quoted, (piece) => (piece.startsWith('[') ? '[]' : '""'));
      assert.equal(
        bare,
        'RESTORE DATABASE [] FROM VIRTUAL_DEVICE = "" WITH MOVE "" TO "", RECOVERY, STATS = 1',
      );
    }),
  );
});
