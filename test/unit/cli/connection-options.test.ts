import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Abort } from '../../../src/base/abort.ts';
import { parseConnectionString } from '../../../src/cli/options/connection-string.ts';
import { parseServerName } from '../../../src/cli/options/server-name.ts';
import { Run } from '../../../src/cli/run.ts';
import { readPasswordFile } from '../../../src/cli/secrets/password-file.ts';
import type { Surroundings } from '../../../src/cli/surroundings.ts';
import type { SqlConnectionSettings } from '../../../src/job/request/backup-request.ts';
import { surroundings } from './surroundings.ts';

const folder = mkdtempSync(join(tmpdir(), 'vdibackup-cli-'));
after(() => rmSync(folder, { recursive: true }));

async function run(argv: readonly string[], overrides: Partial<Surroundings>) {
  const told = surroundings({ argv: [...argv, 'Sales', 'x.bak'], ...overrides });
  const exitCode = await new Run(told.around).start();
  return { exitCode, err: told.err(), settings: told.requests[0]?.connection };
}

async function settings(
  argv: readonly string[],
  env: Surroundings['env'] = { SQLCMDUSER: 'u', SQLCMDPASSWORD: 'pass' },
  overrides: Partial<Surroundings> = {},
): Promise<SqlConnectionSettings> {
  const { settings: actual, err } = await run(argv, { env, ...overrides });
  assert.ok(actual, err);
  return actual;
}

async function refusal(argv: readonly string[], env: Surroundings['env']): Promise<string> {
  const { exitCode, err } = await run(argv, { env });
  assert.equal(exitCode, 2);
  return err;
}

const servers: [string, object][] = [
  ['', { host: 'localhost' }],
  ['.', { host: 'localhost' }],
  ['(local)', { host: 'localhost' }],
  ['(LOCAL)', { host: 'localhost' }],
  ['localhost', { host: 'localhost' }],
  ['.\\SQLEXPRESS', { host: 'localhost', instance: 'SQLEXPRESS' }],
  ['db1', { host: 'db1' }],
  ['tcp:db1,1433', { host: 'db1', port: 1433 }],
  ['TCP:db1', { host: 'db1' }],
  ['db1\\i1,1500', { host: 'db1', instance: 'i1', port: 1500 }],
  [' db1 , 1433 ', { host: 'db1', port: 1433 }],
  ['db1\\MSSQLSERVER', { host: 'db1' }],
  ['10.0.0.1,1433', { host: '10.0.0.1', port: 1433 }],
  ['::1,1433', { host: '::1', port: 1433 }],
  ['[::1],1433', { host: '::1', port: 1433 }],
];
for (const [text, expected] of servers) {
  test(`-S '${text}'`, () => assert.deepEqual(parseServerName(text), expected));
}

for (const text of [
  'a,0',
  'a,65536',
  'a,x',
  'a,',
  'a,1,2',
  'a\\b\\c',
  'a\\',
  'a:1433',
  'np:a',
  'a b',
]) {
  test(`-S '${text}' is refused`, () =>
    assert.throws(() => parseServerName(text), { kind: 'usage' }));
}

const letters: [string, string[], Partial<SqlConnectionSettings>][] = [
  ['-Sdb1,1433', ['-Sdb1,1433'], { host: 'db1', port: 1433 }],
  ['-Stcp:db1', ['-Stcp:db1'], { host: 'db1' }],
  ['-U and -P', ['-U', 'sa', '-P', 'pw12'], { login: { user: 'sa', password: 'pw12' } }],
  ['-Usa -Ppw12', ['-Usa', '-Ppw12'], { login: { user: 'sa', password: 'pw12' } }],
  ['-P with dashes', ['-Usa', '-P-N'], { login: { user: 'sa', password: '-N' } }],
  ['-P and -N apart', ['-Usa', '-P', '-N'], { login: { user: 'sa', password: '-N' } }],
  ['-C', ['-C'], { trustServerCertificate: true }],
  ['-N', ['-N'], { encrypt: 'mandatory' }],
  ['-Ns', ['-Ns'], { encrypt: 'strict' }],
  ['-Nm', ['-Nm'], { encrypt: 'mandatory' }],
  ['-No', ['-No'], { encrypt: 'optional' }],
  ['-N o', ['-N', 'o'], { encrypt: 'optional' }],
  ['-CNo', ['-CNo'], { encrypt: 'optional', trustServerCertificate: true }],
  ['-CN', ['-CN'], { encrypt: 'mandatory', trustServerCertificate: true }],
  ['--encrypt', ['--encrypt'], { encrypt: 'mandatory' }],
  ['--encrypt strict', ['--encrypt', 'strict'], { encrypt: 'strict' }],
  ['--encrypt=o', ['--encrypt=o'], { encrypt: 'optional' }],
  ['-F', ['-F', 'db.example'], { hostNameInCertificate: 'db.example' }],
  ['-l', ['-l30'], { loginTimeout: 30 }],
  ['-H', ['-Hdesk'], { workstation: 'desk' }],
  ['-K', ['-Kreadonly'], { applicationIntent: 'ReadOnly' }],
  ['-E', ['-E'], { integrated: true }],
];
for (const [title, argv, expected] of letters) {
  test(`${title} is read like sqlcmd does`, async () => {
    const actual = await settings(argv);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(actual[key as keyof SqlConnectionSettings], value, key);
    }
  });
}

test('-E carries no login, whatever the environment says', async () => {
  assert.equal('login' in (await settings(['-E'])), false);
});

test('the command line comes before SQLCMD*, and SQLCMD* before the connection string', async () => {
  const string = 'Server=c,3;User ID=cu;Password=cpass;Connect Timeout=33;Encrypt=strict';
  const env = {
    VDIBACKUP_CONNECTION_STRING: string,
    SQLCMDSERVER: 's,2',
    SQLCMDUSER: 'su',
    SQLCMDPASSWORD: 'spass',
    SQLCMDLOGINTIMEOUT: '22',
  };
  const argv = ['-Sa,1', '-Uau', '-Papass', '-l11', '-No'];
  const words = (s: SqlConnectionSettings) => [s.host, s.port, s.login, s.loginTimeout, s.encrypt];
  const at = (...list: unknown[]) => list;
  const a = { user: 'au', password: 'apass' };
  assert.deepEqual(words(await settings(argv, env)), at('a', 1, a, 11, 'optional'));
  const s = { user: 'su', password: 'spass' };
  assert.deepEqual(words(await settings([], env)), at('s', 2, s, 22, 'strict'));
  const c = { user: 'cu', password: 'cpass' };
  const only = { VDIBACKUP_CONNECTION_STRING: string };
  assert.deepEqual(words(await settings([], only)), at('c', 3, c, 33, 'strict'));
});

test('the connection string gives everything it can', async () => {
  const string =
    "data source=tcp:db1\\i,1500; UID = \"a;b\" ;pwd='it''s';Encrypt=false;Trust Server Certificate=yes;" +
    'Application Intent=ReadOnly;HostNameInCertificate=h;Workstation ID=w;Initial Catalog=master;';
  const { scrub, ...given } = await settings([], { VDIBACKUP_CONNECTION_STRING: string });
  assert.equal(typeof scrub, 'function');
  assert.deepEqual(given, {
    host: 'db1',
    instance: 'i',
    port: 1500,
    integrated: false,
    login: { user: 'a;b', password: "it's" },
    encrypt: 'optional',
    trustServerCertificate: true,
    applicationIntent: 'ReadOnly',
    hostNameInCertificate: 'h',
    workstation: 'w',
    loginTimeout: 8,
  });
});

test('Integrated Security is a Windows login, unless a user is named before it', async () => {
  const VDIBACKUP_CONNECTION_STRING = 'Integrated Security=SSPI';
  const integrated = await settings([], { VDIBACKUP_CONNECTION_STRING });
  assert.equal(integrated.integrated, true);
  const named = await settings(['-Usa', '-Ppass'], { VDIBACKUP_CONNECTION_STRING });
  assert.equal(named.integrated, false);
});

test('the password of a connection string is not sent for another user', async () => {
  const env = { VDIBACKUP_CONNECTION_STRING: 'User ID=a;Password=apassword' };
  const err = await refusal(['-Ub'], env);
  assert.match(err, /no password for user 'b'/);
  assert.doesNotMatch(err, /apassword/);
});

test('an unreadable connection string is refused without being quoted', async () => {
  for (const string of ['sqlserver://sa:hunter2@db1', 'Password="hunter2', 'hunter2']) {
    const err = await refusal([], { VDIBACKUP_CONNECTION_STRING: string });
    assert.match(err, /is not a connection string/);
    assert.doesNotMatch(err, /hunter2/);
  }
});

test('any value survives being quoted in a connection string', () => {
  const unit = fc.constantFrom('"', "'", ';', '=', ' ', '{', '}', '\n', 'ä');
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      const double = `Password="${value.replaceAll('"', '""')}";Server=x`;
      const single = `Server=x;Password='${value.replaceAll("'", "''")}'`;
      for (const text of [double, single]) {
        assert.deepEqual(parseConnectionString(text), { password: value, server: 'x' });
      }
    }),
  );
});

test('without any login on Linux the three ways to give one are named', async () => {
  const err = await refusal([], {});
  assert.match(err, /-U with -P or --password-file, or set SQLCMDUSER and SQLCMDPASSWORD/);
});

test('without any login on Windows it is a Windows login', async () => {
  assert.equal((await settings([], {}, { platform: 'win32' })).integrated, true);
});

test('a password without a user is refused', async () => {
  assert.match(await refusal(['-Phunter22'], {}), /a password without a user/);
});

test('-U without a password asks a person, and without a terminal is refused', async () => {
  const asked: string[] = [];
  const askPassword = async (question: string) => {
    asked.push(question);
    return 'typed';
  };
  const { login } = await settings(['-Usa'], {}, { askPassword });
  assert.deepEqual(login, { user: 'sa', password: 'typed' });
  assert.deepEqual(asked, ['Password of sa: ']);
  assert.match(await refusal(['-Usa'], {}), /no password for user 'sa'/);
});

test('nobody is asked for a password before the rest is right', async () => {
  const askPassword = () => Promise.reject(new Error('asked'));
  const { exitCode, err } = await run(['-Usa', '--threads=0'], { env: {}, askPassword });
  assert.equal(exitCode, 2, err);
});

test('a password on the command line draws one warning line', async () => {
  const { err } = await run(['-Usa', '-Phunter22'], { env: {} });
  assert.equal(err.match(/^warning: .*$/gm)?.length, 1);
  assert.doesNotMatch(err, /hunter22/);
});

test('a password from the environment draws none', async () => {
  const { err } = await run([], {});
  assert.doesNotMatch(err, /warning/);
});

function passwordFile(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

for (const [title, content, expected] of [
  ['one line', 'secret', 'secret'],
  ['a line end', 'secret\n', 'secret'],
  ['a Windows line end', 'secret\r\nmore\r\n', 'secret'],
  ['further lines', 'secret\nmore', 'secret'],
  ['blanks', '  se cret ', '  se cret '],
  ['a byte order mark', '\ufeffsecret\n', 'secret'],
  ['other letters', 'pässwörd→\n', 'pässwörd→'],
] as const) {
  test(`--password-file with ${title}`, async () => {
    const { password } = await readPasswordFile(passwordFile('pw', content), new Abort());
    assert.equal(password, expected);
  });
}

test('--password-file that cannot be used is refused with the reason', async () => {
  const no = (path: string, message: RegExp) =>
    assert.rejects(readPasswordFile(path, new Abort()), { kind: 'usage', message });
  await no(join(folder, 'missing'), /no such file/);
  await no(folder, /it is a folder/);
  await no(passwordFile('empty', ''), /first line .* is empty/);
  await no(passwordFile('blank', '\nsecret'), /first line .* is empty/);
  await no(passwordFile('long', 'x'.repeat(1025)), /longer than 1024 bytes/);
});

test('--password-file that others may read draws a warning', async () => {
  const argv = (mode: number) => ['-Usa', '--password-file', passwordFile('mode', 'secret', mode)];
  for (const mode of [0o640, 0o604]) {
    assert.match((await run(argv(mode), { env: {} })).err, /warning: other users may read/);
  }
  assert.doesNotMatch((await run(argv(0o400), { env: {} })).err, /warning/);
});
