// What is on the wire before a login: no byte of one in clear, unless -N o asks for it and the other end has no
// encryption. The settings come from the command line's words; the watched server keeps every byte.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Abort } from '../../src/base/abort.ts';
import { Failure } from '../../src/base/errors.ts';
import { connection } from '../../src/cli/options/connection-options.ts';
import { Redactor } from '../../src/cli/secrets/redact.ts';
import type { SqlConnectionSettings } from '../../src/sql/sql-session.ts';
import { openMssqlSession } from '../../src/sql/tds/mssql-session.ts';
import { type Conduct, clearLogins, WatchedServer } from '../rig/watched-server.ts';

const password = 'S3cret-Pa55';

const options = {
  'no option': {},
  '-C': { trustServerCertificate: true },
  '-N m': { encrypt: 'm' },
  '-N s': { encrypt: 's' },
  '-F name': { hostNameInCertificate: 'db01.example' },
  '-N s -C': { encrypt: 's', trustServerCertificate: true },
} as const;

type Option = keyof typeof options;

const around = {
  env: {},
  platform: 'linux',
  redactor: new Redactor(),
  askPassword: undefined,
  abort: new Abort(),
} as const;

function settings(option: Option | '-N o', port: number): SqlConnectionSettings {
  const chosen = option === '-N o' ? { encrypt: 'o' } : options[option];
  const flags = { server: `127.0.0.1,${port}`, ...chosen };
  const { target } = connection(flags, around);
  return { ...target, integrated: false, login: { user: 'sa', password } };
}

async function failureOf(attempt: Promise<unknown>): Promise<Failure> {
  const thrown = await attempt.then(
    () => assert.fail('there is a session'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Failure, String(thrown));
  return thrown;
}

/** What is said of each conduct: by everybody, with -C, and where TLS comes first (-N s). */
const expected: Record<Conduct, { any: RegExp; trusting: RegExp; strict: RegExp }> = {
  'not-supported': {
    any: /^not-encrypted .* declined to encrypt the connection: no login was sent$/,
    trusting: /^not-encrypted .*: no login was sent$/,
    strict: /^tls-failed no encrypted connection came about: /,
  },
  off: {
    any: /^not-encrypted .*: no login was sent$/,
    trusting: /^not-encrypted .*: no login was sent$/,
    strict: /^tls-failed no encrypted connection came about: /,
  },
  'hang-up': {
    any: /^connection-reset .* closed the connection before a login was sent$/,
    trusting: /^connection-reset .* closed the connection before a login was sent$/,
    strict: /^connection-reset .* closed the connection before a login was sent$/,
  },
  encrypts: {
    any: /^certificate-untrusted /,
    trusting: /^connection-reset .* closed the connection without answering the login$/,
    strict: /^certificate-untrusted /,
  },
  routes: {
    any: /^certificate-untrusted /,
    trusting: /^login-routed .* sends logins on to 127\.0\.0\.1,\d+, where this one was not sent$/,
    strict: /^certificate-untrusted /,
  },
};

describe('on the wire to a server that wants a login', () => {
  for (const conduct of Object.keys(expected) as Conduct[])
    for (const option of Object.keys(options) as Option[])
      test(`${conduct}, with ${option}: no login in clear`, () => watch(conduct, option));
});

async function watch(conduct: Conduct, option: Option): Promise<void> {
  const elsewhere = await WatchedServer.start('not-supported');
  const server = await WatchedServer.start(conduct, elsewhere.port);
  try {
    const failure = await failureOf(openMssqlSession(settings(option, server.port)));
    assert.deepEqual(clearLogins(server.received, password), []);
    const { any, trusting, strict } = expected[conduct];
    const wanted = option.startsWith('-N s') ? strict : option === '-C' ? trusting : any;
    assert.match(`${failure.code} ${failure.message}`, wanted);
    assert.equal(failure.kind, 'connection');
    assert.ok(failure.hints.length > 0);
    assert.ok(server.received.length > 0, 'something was sent');
    assert.equal(elsewhere.connections, 0, 'nobody went where the login was sent on to');
    // Through TLS that -C trusts unseen, and only there, the login is given away: that is what -C means.
    const given = option === '-C' && (conduct === 'encrypts' || conduct === 'routes');
    assert.deepEqual(
      server.logins.map((login) => login.password),
      given ? [password] : [],
    );
  } finally {
    server.stop();
    elsewhere.stop();
  }
}

describe('-N o', () => {
  test('shows the login to an end that has no encryption: the watch sees what it looks for', async () => {
    const server = await WatchedServer.start('not-supported');
    try {
      await failureOf(openMssqlSession(settings('-N o', server.port)));
      assert.deepEqual(clearLogins(server.received, password), [
        'password in the disguise of LOGIN7',
        'LOGIN7',
      ]);
      assert.equal(server.logins[0]?.password, password);
    } finally {
      server.stop();
    }
  });
});
