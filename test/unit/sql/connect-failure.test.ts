import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectFailure,
  hungUp,
  loginUnavailable,
} from '../../../src/sql/message/connect-failure.ts';
import type { SqlConnectionSettings, SqlMessage } from '../../../src/sql/sql-session.ts';
import { driverConfig } from '../../../src/sql/tds/mssql-session.ts';

const password = 'hunter2-very-secret';
const settings: SqlConnectionSettings = {
  host: 'db01',
  login: { user: 'sa', password },
  integrated: false,
  encrypt: 'mandatory',
  trustServerCertificate: false,
  loginTimeout: 8,
  scrub: (text) => text,
};

const nobody = () => Promise.reject(new Error('nobody connects here'));

/** As the driver wraps it: mssql's error around tedious's around the system's. */
function wrapped(code: string, message = `system says ${code}`): Error {
  const system = Object.assign(new Error(message), { code });
  const several = new AggregateError([system], 'Could not connect (sequence)');
  const tedious = Object.assign(new Error('Failed to connect', { cause: several }), {
    code: 'ESOCKET',
  });
  return Object.assign(new Error('Failed to connect'), { code: 'ESOCKET', originalError: tedious });
}

const failures: [system: string, code: string, hint: RegExp][] = [
  ['ECONNREFUSED', 'connection-refused', /TCP enabled.*port.*SQL Browser/],
  ['ETIMEDOUT', 'connection-timeout', /TCP enabled.*-l/],
  ['ETIMEOUT', 'connection-timeout', /firewall/],
  ['ENOTFOUND', 'host-not-found', /-S/],
  ['EINSTLOOKUP', 'instance-not-found', /SQL Server Browser/],
  ['ECONNRESET', 'connection-reset', /error log/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted', /-C.*CA/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-untrusted', /-C.*CA/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-name', /-F/],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls-failed', /TLS 1\.2/],
  ['ESOMETHINGELSE', 'connection-failed', /sqlcmd/],
];

for (const [system, code, hint] of failures)
  test(`${system} is ${code}, with a next step`, () => {
    const failure = connectFailure(wrapped(system), [], settings);
    assert.equal(`${failure.kind} ${failure.code}`, `connection ${code}`);
    assert.match(failure.hints.join(' '), hint);
    assert.doesNotMatch(failure.message, /\.$|^[A-Z][a-z]/);
  });

test('the target is written as -S takes it', () => {
  const of = (change: Partial<SqlConnectionSettings>) =>
    connectFailure(wrapped('ECONNREFUSED'), [], { ...settings, ...change }).message;
  assert.equal(of({}), 'nothing listens at db01');
  assert.equal(of({ port: 14330 }), 'nothing listens at db01,14330');
  assert.equal(of({ instance: 'X' }), 'nothing listens at db01\\X');
});

test('strict mode does not offer -C alone, which it ignores', () => {
  const strict = { ...settings, encrypt: 'strict' as const };
  const failure = connectFailure(wrapped('DEPTH_ZERO_SELF_SIGNED_CERT'), [], strict);
  assert.match(failure.hints.join(' '), /-N m -C/);
});

const refusals: [number: number, code: string][] = [
  [18456, 'login-failed'],
  [18452, 'login-failed'],
  [18470, 'login-disabled'],
  [18486, 'login-locked'],
  [18487, 'password-expired'],
  [18488, 'password-expired'],
  [17892, 'login-trigger'],
  [18401, 'server-upgrading'],
  [18451, 'server-starting'],
  [17187, 'server-starting'],
  [17188, 'server-shutting-down'],
  [17819, 'encryption-required'],
  [17830, 'login-timeout'],
  [18999, 'login-failed'],
];

for (const [number, code] of refusals)
  test(`Msg ${number} during the login is ${code}, in the server's words`, () => {
    const refused: SqlMessage = {
      number,
      severity: 14,
      state: 1,
      text: "Login failed for user 'sa'.",
    };
    const failure = connectFailure(wrapped('ELOGIN'), [refused], settings);
    assert.equal(`${failure.kind} ${failure.code}`, `connection ${code}`);
    assert.equal(
      failure.message,
      `SQL Server refused the login: Msg ${number}: Login failed for user 'sa'`,
    );
    assert.equal(failure.hints.length, 1);
  });

test('a refused Windows login is told what the account needs, not about passwords', () => {
  const refused: SqlMessage = { number: 18456, severity: 14, state: 1, text: 'Login failed.' };
  const failure = connectFailure(wrapped('ELOGIN'), [refused], { ...settings, integrated: true });
  assert.match(failure.hints.join(' '), /CREATE LOGIN \[DOMAIN\\name\] FROM WINDOWS/);
});

test('a server that is still starting says so to a Windows login, too, and no login is made for it', () => {
  const starting: SqlMessage = { number: 17187, severity: 16, state: 1, text: 'Not ready.' };
  const failure = connectFailure(wrapped('ELOGIN'), [starting], { ...settings, integrated: true });
  assert.match(failure.hints.join(' '), /try again in a moment/);
  assert.doesNotMatch(failure.hints.join(' '), /CREATE LOGIN/);
});

test('where certificates are made known depends on who checks them', () => {
  const hints = (integrated: boolean) =>
    connectFailure(wrapped('CERT_UNTRUSTED'), [], { ...settings, integrated }).hints.join(' ');
  assert.match(hints(false), /NODE_EXTRA_CA_CERTS/);
  assert.match(hints(true), /certlm\.msc/);
});

test('no login at all is a mistake of usage', () => {
  const { login: _, ...anonymous } = settings;
  assert.equal(loginUnavailable(anonymous)?.kind, 'usage');
  assert.equal(loginUnavailable(settings), undefined);
});

test('nothing in the driver configuration retries, times out or validates by itself', () => {
  const config = driverConfig(settings, nobody);
  assert.equal(config.requestTimeout, 0);
  assert.equal(config.validateConnection, false);
  assert.equal(config.connectionTimeout, 8000);
  assert.equal(config.options?.maxRetriesOnTransientErrors, 0);
  assert.equal(config.options?.appName, 'vdibackup');
});

test('a login timeout of 0 waits instead of giving up at once', () => {
  assert.equal(
    driverConfig({ ...settings, loginTimeout: 0 }, nobody).connectionTimeout,
    2 ** 31 - 1,
  );
});

test('a port wins over an instance name, and MSSQLSERVER is the default instance', () => {
  assert.equal(driverConfig({ ...settings, instance: 'X' }, nobody).options?.instanceName, 'X');
  assert.equal(
    driverConfig({ ...settings, instance: 'X', port: 1 }, nobody).options?.instanceName,
    undefined,
  );
  assert.equal(
    driverConfig({ ...settings, instance: 'mssqlserver' }, nobody).options?.instanceName,
    undefined,
  );
});

test('a hang-up before the login names strict encryption and old TLS, one after it does not', () => {
  const before = hungUp(settings, false).hints.join(' ');
  assert.match(before, /-N s\b.*TLS 1\.2/);
  const strict = hungUp({ ...settings, encrypt: 'strict' }, false).hints.join(' ');
  assert.match(strict, /needs SQL Server 2022/);
  assert.doesNotMatch(strict, /-N s|TLS 1\.2/);
  assert.doesNotMatch(hungUp(settings, true).hints.join(' '), /-N s|TLS/);
});

test('a Windows login that does not come about asks for a Kerberos ticket on Linux', () => {
  const integrated = { ...settings, integrated: true };
  const { hints } = connectFailure(wrapped('ESOMETHINGELSE'), [], integrated);
  assert.equal(/kinit/.test(hints[0] ?? ''), process.platform === 'linux');
  assert.doesNotMatch(
    connectFailure(wrapped('ESOMETHINGELSE'), [], settings).hints[0] ?? '',
    /kinit/,
  );
});
