import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBatch } from '../../standin/batch-parser.ts';
import { backupTarget } from '../../standin/database-check.ts';
import { DeviceFailure } from '../../standin/device-failure.ts';
import { type DeviceOptions, readDeviceOptions } from '../../standin/device-options.ts';
import { sessionScope } from '../../standin/query.ts';
import { SqlError } from '../../standin/sql-error.ts';
import type { DeviceStatement } from '../../standin/statement.ts';
import { makeSession } from './session-fixture.ts';

function parse(text: string): DeviceStatement {
  const [statement] = parseBatch(text);
  assert.equal(statement?.kind, 'device');
  return statement;
}

function options(withClause: string, version = '16.0.4135.4'): DeviceOptions {
  const session = makeSession({ version });
  const statement = parse(
    `BACKUP DATABASE Sales TO VIRTUAL_DEVICE='a', VIRTUAL_DEVICE='b' WITH ${withClause}`,
  );
  return readDeviceOptions(statement, sessionScope(session), session.instance);
}

function numberOf(step: () => unknown): unknown {
  try {
    step();
    return 'no error';
  } catch (error) {
    if (error instanceof DeviceFailure) return error.messages[0]?.number;
    return error instanceof SqlError ? error.number : error;
  }
}

test('every statement of the family is read', () => {
  const operations = [
    "BACKUP DATABASE [a]]b] TO VIRTUAL_DEVICE=N'x'",
    "BACKUP LOG a TO VIRTUAL_DEVICE = 'x', VIRTUAL_DEVICE = 'y' WITH STATS = 5, NORECOVERY;",
    "RESTORE DATABASE a FROM VIRTUAL_DEVICE='x' WITH MOVE 'a' TO 'b', MOVE N'c' TO N'd', REPLACE",
    "RESTORE LOG a FROM VIRTUAL_DEVICE='x' WITH NORECOVERY",
    "RESTORE FILELISTONLY FROM VIRTUAL_DEVICE='x'",
    "RESTORE HEADERONLY FROM VIRTUAL_DEVICE='x'",
    "RESTORE LABELONLY FROM VIRTUAL_DEVICE='x'",
    "RESTORE VERIFYONLY FROM VIRTUAL_DEVICE='x' WITH CHECKSUM",
    'RESTORE DATABASE a WITH RECOVERY',
  ].map((text) => parse(text).operation);
  assert.deepEqual(operations, [
    'BACKUP DATABASE',
    'BACKUP LOG',
    'RESTORE DATABASE',
    'RESTORE LOG',
    'RESTORE FILELIST',
    'RESTORE HEADERONLY',
    'RESTORE LABELONLY',
    'VERIFY DATABASE',
    'RESTORE DATABASE',
  ]);
});

test('option values arrive', () => {
  const read = options(
    "FORMAT, INIT, COPY_ONLY, CHECKSUM, STATS, BLOCKSIZE = 4096, MAXTRANSFERSIZE=4194304, BUFFERCOUNT=20, NAME=N'nightly', DESCRIPTION='d', COMPRESSION (ALGORITHM = ZSTD, LEVEL = HIGH)",
  );
  assert.equal(read.blockSize, 4096);
  assert.equal(read.transferSize, 4194304);
  assert.equal(read.buffers, 20);
  assert.equal(read.stats, 10);
  assert.equal(read.name, 'nightly');
  assert.ok(read.copyOnly && read.checksum && read.compression && !read.differential);
});

test('defaults are those of a virtual device', () => {
  const read = options('FORMAT');
  assert.deepEqual([read.transferSize, read.blockSize, read.stats], [65536, 512, undefined]);
});

test('values and options that SQL Server refuses', () => {
  const refused: [string, number][] = [
    ['MAXTRANSFERSIZE = 65537', 3217],
    ['MAXTRANSFERSIZE = 8388608', 3217],
    ['MAXTRANSFERSIZE = 0', 3217],
    ['BUFFERCOUNT = 0', 3217],
    ['BUFFERCOUNT = 1', 3273],
    ['BLOCKSIZE = 1000', 3253],
    ['BLOCKSIZE = 131072', 3253],
    ['CHECKSUM, NO_CHECKSUM', 3031],
    ['COMPRESSION, NO_COMPRESSION', 3031],
    ['STATS = 5, STATS = 6', 3031],
    ['FROBNICATE', 155],
    ['FORMAT,', 102],
  ];
  for (const [text, number] of refused)
    assert.equal(
      numberOf(() => options(text)),
      number,
      text,
    );
  const algorithm = 'COMPRESSION (ALGORITHM = MS_XPRESS)';
  assert.equal(
    numberOf(() => options(algorithm, '15.0.2000.5')),
    102,
  );
});

test('databases that cannot be backed up, and why', () => {
  const { instance } = makeSession({
    databases: [
      { name: 'Plain', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Simple', recoveryModel: 'SIMPLE', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Off', state: 'OFFLINE', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Restoring', state: 'RESTORING', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Suspect', state: 'SUSPECT', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Snap', snapshotOf: 'Plain', streams: { kind: 'generate', bytes: 1 } },
      { name: 'Based', hasFullBackup: true, streams: { kind: 'generate', bytes: 1 } },
    ],
  });
  const plain = options('FORMAT');
  const attempt = (name: string, type: 'full' | 'diff' | 'log', text = plain) =>
    numberOf(() => backupTarget(instance, name, type, text));
  assert.equal(attempt('nobody', 'full'), 911);
  assert.equal(attempt('Off', 'full'), 942);
  assert.equal(attempt('Restoring', 'full'), 927);
  assert.equal(attempt('Suspect', 'log'), 926);
  assert.equal(attempt('Suspect', 'log', options('CONTINUE_AFTER_ERROR')), 4214);
  assert.equal(attempt('tempdb', 'full'), 3147);
  assert.equal(attempt('master', 'diff'), 3024);
  assert.equal(attempt('Snap', 'full'), 3002);
  assert.equal(attempt('Plain', 'diff'), 3035);
  assert.equal(attempt('Plain', 'log'), 4214);
  assert.equal(attempt('Simple', 'log'), 4208);
  assert.equal(attempt('Based', 'log'), 'no error');
  assert.equal(attempt('Based', 'diff'), 'no error');
});
