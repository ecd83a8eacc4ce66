import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import type { FailureKind } from '../../../src/base/failure-codes.ts';
import { type BackupIntent, checkDatabase, checkServer } from '../../../src/sql/facts/preflight.ts';
import type { DatabaseFacts, ServerFacts } from '../../../src/sql/facts/server-facts.ts';

const server: ServerFacts = {
  machineName: 'DB01',
  physicalMachineName: 'DB01',
  edition: 'Developer Edition (64-bit)',
  engineEdition: 3,
  productVersion: '16.0.4135.4',
  productMajor: 16,
  isSysadmin: true,
};
const here = { localHostname: 'db01', assumeLocal: false };

const samePlaces: [local: string, facts: Partial<ServerFacts>][] = [
  ['DB01', {}],
  ['db01', {}],
  ['db01.corp.example', {}],
  ['node2', { physicalMachineName: 'NODE2', machineName: 'SQLCLUSTER' }],
  ['sqlcluster', { physicalMachineName: 'NODE2', machineName: 'SQLCLUSTER' }],
  ['a-very-long-host-name', { physicalMachineName: 'A-VERY-LONG-HOS', machineName: undefined }],
  [
    'a-very-long-host-name',
    { physicalMachineName: undefined, machineName: 'a-very-long-host-name' },
  ],
  ['other', { physicalMachineName: undefined, machineName: undefined }],
  ['', {}],
];

for (const [local, facts] of samePlaces)
  test(`${local || '(no name)'} is the machine of ${JSON.stringify(facts)}`, () => {
    checkServer({ ...server, ...facts }, { ...here, localHostname: local });
  });

test('another machine is refused in one sentence that names both', () => {
  const failure = thrown(() =>
    checkServer(server, { ...here, localHostname: 'app07.corp.example' }),
  );
  assert.equal(failure.kind, 'environment');
  assert.equal(failure.code, 'other-machine');
  assert.match(failure.message, /DB01.*app07\.corp\.example/);
  assert.match(failure.hints.join(' '), /--assume-local/);
});

test('--assume-local skips the comparison', () => {
  checkServer(server, { localHostname: 'app07', assumeLocal: true });
});

test('a login that is definitely no sysadmin is refused with the command to run', () => {
  const failure = thrown(() =>
    checkServer({ ...server, isSysadmin: false }, { ...here, login: 'ba]ckup' }),
  );
  assert.equal(`${failure.kind} ${failure.code}`, 'environment not-sysadmin');
  assert.match(failure.message, /ba\]ckup/);
  assert.deepEqual(failure.hints, [
    'Have a sysadmin run: ALTER SERVER ROLE sysadmin ADD MEMBER [ba]]ckup];',
  ]);
});

test('a server that answers nothing blocks nothing', () => {
  checkServer({}, here);
  assert.deepEqual(checkDatabase(intent('log'), undefined, {}), []);
  assert.deepEqual(checkDatabase(intent('log'), { name: 'Sales' }, {}), []);
});

test('editions without virtual devices and servers before 2008 are refused', () => {
  for (const engineEdition of [5, 6, 8, 11, 12])
    assert.equal(thrown(() => checkServer({ ...server, engineEdition }, here)).code, 'no-vdi');
  const old = { ...server, productMajor: 9, productVersion: '9.0.5000' };
  assert.equal(thrown(() => checkServer(old, here)).code, 'server-too-old');
});

const online: DatabaseFacts = {
  name: 'Sales',
  state: 'ONLINE',
  recoveryModel: 'FULL',
  isEncrypted: false,
  userAccess: 'MULTI_USER',
  isSnapshot: false,
  isInStandby: false,
};

const refusals: [
  title: string,
  change: Partial<DatabaseFacts> | 'missing',
  type: BackupIntent['type'],
  code: string,
][] = [
  ['a missing database', 'missing', 'copy', 'database-missing'],
  ['an offline database', { state: 'OFFLINE' }, 'copy', 'database-not-online'],
  ['a restoring database', { state: 'RESTORING' }, 'log', 'database-not-online'],
  ['a database in an unheard-of state', { state: 'COPYING' }, 'full', 'database-not-online'],
  ['a snapshot', { isSnapshot: true }, 'copy', 'database-snapshot'],
  ['a standby', { isInStandby: true }, 'copy', 'database-standby'],
  ['tempdb', { name: 'TempDB' }, 'copy', 'tempdb'],
  ['the log of a SIMPLE database', { recoveryModel: 'SIMPLE' }, 'log', 'recovery-model-simple'],
  ['the log of master', { name: 'master', recoveryModel: 'SIMPLE' }, 'log', 'master-full-only'],
  ['a differential of master', { name: 'master' }, 'diff', 'master-full-only'],
];

for (const [title, change, type, code] of refusals)
  test(`${title} is refused as ${code}, with a next step`, () => {
    const facts = change === 'missing' ? change : { ...online, ...change };
    const failure = thrown(() => checkDatabase(intent(type), facts, server));
    assert.equal(
      `${failure.kind} ${failure.code}`,
      `${'database-state' satisfies FailureKind} ${code}`,
    );
    assert.ok(failure.hints.length > 0);
    assert.doesNotMatch(failure.message, /\.$/);
  });

const accepted: [title: string, change: Partial<DatabaseFacts>, type: BackupIntent['type']][] = [
  ['a full backup of a SIMPLE database', { recoveryModel: 'SIMPLE' }, 'full'],
  ['a differential of a SIMPLE database', { recoveryModel: 'SIMPLE' }, 'diff'],
  ['the log of a BULK_LOGGED database', { recoveryModel: 'BULK_LOGGED' }, 'log'],
  ['a copy of master', { name: 'master', recoveryModel: 'SIMPLE' }, 'copy'],
];

for (const [title, change, type] of accepted)
  test(`${title} is accepted without a warning`, () => {
    assert.deepEqual(checkDatabase(intent(type), { ...online, ...change }, server), []);
  });

test('the tail of the log of a damaged database is let through when NO_TRUNCATE asks for it', () => {
  const suspect = { ...online, state: 'SUSPECT' };
  assert.throws(() => checkDatabase(intent('log'), suspect, server));
  assert.throws(() => checkDatabase({ ...intent('full'), with: 'NO_TRUNCATE' }, suspect, server));
  assert.deepEqual(checkDatabase({ ...intent('log'), with: 'no_truncate' }, suspect, server), []);
});

test('an encrypted database draws a warning with client zstd only', () => {
  const encrypted = { ...online, isEncrypted: true };
  const [warning] = checkDatabase(intent('copy'), encrypted, server);
  assert.equal(warning?.code, 'encrypted-database');
  assert.match(warning?.message ?? '', /about 1\.0x/);
  assert.match(warning?.hint ?? '', /--compress server/);
  for (const compression of ['server', 'none'] as const)
    assert.deepEqual(checkDatabase({ ...intent('copy'), compression }, encrypted, server), []);
});

const tde: [version: string, zstd: RegExp | undefined, own: RegExp | undefined][] = [
  ['10.50.6000.34', undefined, /cannot compress/],
  ['12.0.6024.0', undefined, /cannot compress/],
  ['13.0.1601.5', /may not restore.*RTM CU7/, /cannot be restored/],
  ['13.0.2210.0', /--compress server/, undefined],
  ['13.0.4001.0', /may not restore.*SP1 CU4/, /cannot be restored/],
  ['13.0.4446.0', /--compress server/, undefined],
  ['14.0.1000.169', /--compress server/, undefined],
  ['15.0.4198.2', /may not restore.*CU16/, /cannot be restored/],
  ['15.0.4223.1', /--compress server/, undefined],
  ['16.0.4135.4', /--compress server/, undefined],
];

for (const [productVersion, zstd, own] of tde)
  test(`an encrypted database on ${productVersion} is told what this build can do`, () => {
    const facts = { ...server, productVersion, productMajor: Number.parseInt(productVersion, 10) };
    const told = (compression: 'zstd' | 'server') =>
      checkDatabase({ ...intent('copy'), compression }, { ...online, isEncrypted: true }, facts);
    const [byZstd, ...more] = told('zstd');
    assert.equal(byZstd?.code, 'encrypted-database');
    assert.deepEqual(more, []);
    if (zstd) assert.match(byZstd?.hint ?? '', zstd);
    else assert.equal(byZstd?.hint, undefined);
    const [byServer] = told('server');
    assert.equal(byServer?.code, own && 'encrypted-database');
    if (own) assert.match(byServer?.message ?? '', own);
  });

for (const [engineEdition, edition] of [
  [4, 'Express Edition (64-bit)'],
  [2, 'Web Edition (64-bit)'],
] as const)
  test(`${edition} is not advised the compression that it lacks, and refused it`, () => {
    const facts = { ...server, engineEdition, edition };
    const encrypted = { ...online, isEncrypted: true };
    assert.equal(checkDatabase(intent('copy'), encrypted, facts)[0]?.hint, undefined);
    const refused = thrown(() =>
      checkDatabase({ ...intent('copy'), compression: 'server' }, encrypted, facts),
    );
    assert.equal(`${refused.kind} ${refused.code}`, 'environment compression-unsupported');
  });

test('a single-user database draws a warning', () => {
  const [warning] = checkDatabase(intent('copy'), { ...online, userAccess: 'SINGLE_USER' }, server);
  assert.equal(warning?.code, 'single-user');
});

test('Express has no compression of its own', () => {
  const express = { ...server, engineEdition: 4, edition: 'Express Edition (64-bit)' };
  const failure = thrown(() =>
    checkDatabase({ ...intent('copy'), compression: 'server' }, online, express),
  );
  assert.equal(`${failure.kind} ${failure.code}`, 'environment compression-unsupported');
  assert.deepEqual(checkDatabase(intent('copy'), online, express), []);
});

function intent(type: BackupIntent['type']): BackupIntent {
  return { database: 'sales', type, compression: 'zstd' };
}

function thrown(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}
