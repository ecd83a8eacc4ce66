import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internalError } from '../../../src/base/errors.ts';
import {
  connectionString,
  driverFailure,
  type OdbcDriver,
  odbcDrivers,
} from '../../../src/sql/odbc/odbc-driver.ts';
import type { SqlConnectionSettings } from '../../../src/sql/sql-session.ts';

const settings: SqlConnectionSettings = {
  host: 'localhost',
  integrated: true,
  encrypt: 'mandatory',
  trustServerCertificate: false,
  loginTimeout: 8,
  scrub: (text) => text,
};

function driver(name: string): OdbcDriver {
  const found = odbcDrivers.find((each) => each.name === name);
  if (!found) throw internalError('a known driver', name);
  return found;
}

const newest = driver('ODBC Driver 18 for SQL Server');
const older = driver('ODBC Driver 17 for SQL Server');
const windows = driver('SQL Server');
const freetds = driver('FreeTDS');

/** The words of the connection string as a driver reads them: `{…}` may hold anything, `}}` is one brace. */
function words(
  change: Partial<SqlConnectionSettings> = {},
  by: OdbcDriver = newest,
): Record<string, string> {
  const text = connectionString(by, { ...settings, ...change });
  const pattern = /(\w+)=(?:\{((?:[^}]|\}\})*)\}|([^;{]*));/gy;
  const found = [...text.matchAll(pattern)];
  assert.equal(found.map(([all]) => all).join(''), text, 'nothing between the words');
  return Object.fromEntries(
    found.map(([, key = '', braced, plain]) => [key, braced?.replaceAll('}}', '}') ?? plain ?? '']),
  );
}

test('the newest driver comes first, the one that checks no certificate last', () => {
  assert.deepEqual(
    odbcDrivers.map(({ name }) => name.replace(/^ODBC Driver (\d+) for SQL Server$/, '$1')),
    ['18', '17', '13', '11', 'SQL Server Native Client 11.0', 'SQL Server', 'FreeTDS'],
  );
});

test('a Windows login says all that must not be left to the driver', () => {
  assert.deepEqual(words(), {
    Driver: 'ODBC Driver 18 for SQL Server',
    Server: 'localhost',
    Database: 'master',
    APP: 'vdibackup',
    Trusted_Connection: 'yes',
    Encrypt: 'yes',
    TrustServerCertificate: 'no',
    ConnectRetryCount: '0',
  });
});

test('a user and a password stand instead of Trusted_Connection', () => {
  const { UID, PWD, Trusted_Connection } = words({ login: { user: 'sa', password: 'p' } });
  assert.deepEqual([UID, PWD, Trusted_Connection], ['sa', 'p', undefined]);
});

const hostile = [
  'a;b',
  'a}b',
  '}',
  '{',
  'x};UID=sa;PWD={y',
  "a'b",
  'a=b',
  ' a ',
  '}}',
  'ä€',
  'a\\',
];
for (const value of hostile)
  test(`the value ${JSON.stringify(value)} stays one value`, () => {
    const read = words({
      workstation: value,
      login: { user: value, password: value },
      trustServerCertificate: true,
    });
    assert.deepEqual([read.WSID, read.UID, read.PWD], [value, value, value]);
    assert.equal(read.Encrypt, 'yes');
  });

const servers: [Partial<SqlConnectionSettings>, string][] = [
  [{}, 'localhost'],
  [{ instance: 'PROD' }, 'localhost\\PROD'],
  [{ port: 14330 }, 'tcp:localhost,14330'],
  [{ host: 'db01', instance: 'PROD', port: 1 }, 'tcp:db01,1'],
];
for (const [change, server] of servers)
  test(`${JSON.stringify(change)} is Server=${server}`, () => {
    assert.equal(words(change).Server, server);
    assert.equal(words(change, windows).Server, server);
  });

test('FreeTDS takes the port by itself', () => {
  const { Server, Port } = words({ port: 14330 }, freetds);
  assert.deepEqual([Server, Port], ['localhost', '14330']);
  assert.equal(words({ instance: 'PROD' }, freetds).Server, 'localhost\\PROD');
});

test('encryption and its check are said in the words of each driver', () => {
  assert.equal(words({ encrypt: 'strict' }).Encrypt, 'strict');
  assert.equal(words({ encrypt: 'optional' }, older).Encrypt, 'no');
  assert.equal(words({ trustServerCertificate: true }, windows).TrustServerCertificate, 'yes');
  assert.equal(words({ encrypt: 'optional' }, freetds).Encryption, 'request');
  assert.equal(words({ trustServerCertificate: true }, freetds).Encryption, 'require');
});

for (const driver of odbcDrivers)
  for (const [encrypt, word] of [
    ['mandatory', 'yes'],
    ['strict', 'strict'],
  ] as const)
    test(`a Windows login by ${driver.name} has no password to show, and is encrypted (${encrypt})`, () => {
      const { UID, PWD, Encrypt, Encryption } = words({ encrypt }, driver);
      assert.deepEqual([UID, PWD], [undefined, undefined]);
      assert.equal(Encrypt ?? Encryption, driver === freetds ? 'require' : word);
    });

test('the name in the certificate and the intent go where they are understood', () => {
  const change = { hostNameInCertificate: 'db01.example', applicationIntent: 'ReadOnly' } as const;
  assert.equal(words(change).HostnameInCertificate, 'db01.example');
  assert.equal(words(change).ApplicationIntent, 'ReadOnly');
  assert.equal(
    words({ ...change, trustServerCertificate: true }, older).HostnameInCertificate,
    undefined,
  );
  assert.equal(words(change, windows).ApplicationIntent, undefined);
  assert.equal(words(change, windows).ConnectRetryCount, undefined);
});

const refusals: [OdbcDriver, Partial<SqlConnectionSettings>, string | undefined][] = [
  [newest, { encrypt: 'strict', hostNameInCertificate: 'x' }, undefined],
  [older, {}, undefined],
  [older, { encrypt: 'strict' }, 'odbc-driver-too-old'],
  [older, { hostNameInCertificate: 'x' }, 'odbc-driver-too-old'],
  [older, { hostNameInCertificate: 'x', trustServerCertificate: true }, undefined],
  [windows, { encrypt: 'strict', trustServerCertificate: true }, 'odbc-driver-too-old'],
  [freetds, {}, 'certificate-untrusted'],
  [freetds, { trustServerCertificate: true }, undefined],
  [freetds, { encrypt: 'optional' }, undefined],
];
for (const [by, change, code] of refusals)
  test(`${by.name} with ${JSON.stringify(change)}: ${code ?? 'goes ahead'}`, () => {
    const failure = driverFailure(by, { ...settings, ...change });
    assert.equal(failure?.code, code);
    if (failure) assert.ok(failure.hints.length > 0 && failure.kind === 'connection');
  });
