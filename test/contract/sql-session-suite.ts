// The contract of src/sql/sql-session.ts as tests, for any implementation of it: `open` is the implementation,
// `limits` are the cases where what lies below it cannot keep the contract to the letter.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Failure } from '../../src/base/errors.ts';
import type {
  SqlConnectionSettings,
  SqlMessage,
  SqlRow,
  SqlSession,
} from '../../src/sql/sql-session.ts';
import { StandinServer } from '../standin/standin-server.ts';
import { SqlSessionRelay, stripEncryption } from './sql-session-relay.ts';
import { standinSettings } from './standin-settings.ts';

export type OpenSession = (settings: SqlConnectionSettings) => Promise<SqlSession>;

/** Milliseconds within which a cancel, a lost connection and a close must be over. */
const soon = 1500;

const user = 'sa';
const password = 'Tr0ub4dor&3-is-secret';

async function rowsOf(session: SqlSession, statement: string): Promise<readonly SqlRow[]> {
  const rows = await session.query(statement);
  assert.ok(rows, 'a result set');
  return rows;
}

/** Each one is a shortcoming of a driver, with what is asked of it instead. */
export interface SessionLimits {
  /** Says that there will be no connection, not that encryption was declined. */
  readonly silentAboutEncryption?: true;
}

export function sqlSessionContract(
  title: string,
  open: OpenSession,
  limits: SessionLimits = {},
): void {
  describe(title, () => {
    let server: StandinServer;
    const warnings: string[] = [];
    const onWarning = (warning: Error & { code?: string }) =>
      warnings.push(`${warning.code ?? ''} ${warning.message}`);

    before(async () => {
      process.on('warning', onWarning);
      server = await StandinServer.start({ login: { user, password }, databases: [] });
    });
    after(async () => {
      process.off('warning', onWarning);
      await server.stop();
    });

    const settings = (change: Partial<SqlConnectionSettings> = {}) =>
      standinSettings(server, change);

    /** Runs `use` with a session that is closed afterwards, whatever happens. */
    async function withSession<T>(
      use: (session: SqlSession) => Promise<T>,
      change: Partial<SqlConnectionSettings> = {},
    ): Promise<T> {
      const session = await open(settings(change));
      try {
        return await use(session);
      } finally {
        await session.close();
      }
    }

    test('a query gives its rows by column name', () =>
      withSession(async (session) => {
        const rows = await rowsOf(session, "SELECT 1 AS one, N'zwei' AS two, NULL AS three");
        assert.deepEqual(
          rows.map((row) => ({ ...row })),
          [{ one: 1, two: 'zwei', three: null }],
        );
      }));

    test('the values of a row stand in the order of its columns, whatever those are called', () =>
      withSession(async (session) => {
        const rows: unknown[] = [];
        const question = "SELECT N'x' AS b, 5 AS [1], NULL AS b, 7";
        const { outcome } = session.execute(
          question,
          () => undefined,
          (_, values) => {
            rows.push([...values]);
          },
        );
        assert.ok((await outcome).ok);
        assert.deepEqual(rows, [['x', 5, null, 7]]);
      }));

    test('a statement without a result set has no rows, which is not the same as zero rows', () =>
      withSession(async (session) => {
        assert.equal(await session.query('SET NOCOUNT ON'), undefined);
      }));

    test('a query gives the first result set only, even an empty one', () =>
      withSession(async (session) => {
        const first = await rowsOf(session, 'SELECT 1 AS a; SELECT 2 AS b');
        assert.deepEqual(
          first.map((row) => ({ ...row })),
          [{ a: 1 }],
        );
        const none = await rowsOf(
          session,
          "SELECT name FROM sys.databases WHERE name = N'no such'; SELECT 2 AS b",
        );
        assert.deepEqual(none, []);
      }));

    test("a query that fails throws the server's number and words, and the session goes on", () =>
      withSession(async (session) => {
        const failure = await failureOf(session.query('SELECT x FROM nowhere'));
        assert.equal(failure.kind, 'sql-statement');
        assert.match(failure.message, /Msg 208: Invalid object name 'nowhere'/);
        assert.equal((await rowsOf(session, 'SELECT 1 AS one')).length, 1);
      }));

    test('questions asked at once are answered one after another on the one connection', () =>
      withSession(async (session) => {
        const answers = await Promise.all(
          [1, 2, 3].map((n) => rowsOf(session, `SELECT ${n} AS n`)),
        );
        assert.deepEqual(
          answers.map((rows) => rows[0]?.n),
          [1, 2, 3],
        );
      }));

    test('a session is one login, and never another one', async () => {
      const logins = server.logins.length;
      const relay = await SqlSessionRelay.start(server.port);
      try {
        await withSession(
          async (session) => {
            await rowsOf(session, 'SELECT 1 AS one');
            await rowsOf(session, 'SELECT 2 AS two');
            relay.cut('reset');
            await failureOf(session.query('SELECT 3 AS three'));
            await failureOf(session.query('SELECT 4 AS four'));
          },
          { port: relay.port },
        );
        assert.equal(relay.connections, 1);
        assert.equal(server.logins.length - logins, 1);
      } finally {
        relay.stop();
      }
    });

    test('the server learns program and workstation', () =>
      withSession(
        async (session) => {
          const [row] = await rowsOf(session, 'SELECT APP_NAME() AS program, HOST_NAME() AS host');
          assert.deepEqual({ ...row }, { program: 'vdibackup', host: 'WS7' });
        },
        { workstation: 'WS7' },
      ));

    test('messages arrive in the order of the server, while the statement runs', () =>
      withSession(async (session) => {
        const heard: SqlMessage[] = [];
        let ended = false;
        const running = session.execute(
          "PRINT N'eins'; PRINT N'zwei'; WAITFOR DELAY '00:00:00.300'; PRINT N'drei'",
          (message) => {
            assert.equal(ended, false);
            heard.push(message);
          },
        );
        const outcome = await running.outcome;
        ended = true;
        assert.deepEqual(
          heard.map(({ text }) => text),
          ['eins', 'zwei', 'drei'],
        );
        assert.ok(heard.every(({ severity }) => severity <= 10));
        assert.deepEqual(outcome, { ok: true, messages: heard, connectionLost: false });
      }));

    test('every error of a statement is kept, in order, information between them too', () =>
      withSession(async (session) => {
        const heard: number[] = [];
        const { outcome } = session.execute(
          "PRINT N'before'; BACKUP DATABASE [nowhere] TO VIRTUAL_DEVICE = N'x'; PRINT N'after'",
          ({ number }) => heard.push(number),
        );
        const { ok, messages, connectionLost } = await outcome;
        assert.deepEqual({ ok, connectionLost }, { ok: false, connectionLost: false });
        assert.deepEqual(heard, [0, 911, 3013, 0]);
        assert.deepEqual(
          messages.map(({ number }) => number),
          heard,
        );
        assert.deepEqual(
          messages.map(({ severity }) => severity > 10),
          [false, true, true, false],
        );
      }));

    test('a statement has no time limit of the client', () =>
      withSession(
        async (session) => {
          const { outcome } = session.execute("WAITFOR DELAY '00:00:02'", () => undefined);
          assert.equal((await outcome).ok, true);
        },
        { loginTimeout: 1 },
      ));

    test('a cancel ends the statement, not the session', () =>
      withSession(async (session) => {
        const running = session.execute("WAITFOR DELAY '00:01:00'", () => undefined);
        await pause(100);
        const outcome = await within(soon, running.outcome, running.cancel);
        assert.deepEqual(
          { ok: outcome.ok, connectionLost: outcome.connectionLost },
          { ok: false, connectionLost: false },
        );
        running.cancel();
        assert.equal((await rowsOf(session, 'SELECT 1 AS one')).length, 1);
        running.cancel();
        assert.equal((await rowsOf(session, 'SELECT 1 AS one')).length, 1);
      }));

    test('a cancel at once, before anything was sent, works the same', () =>
      withSession(async (session) => {
        const running = session.execute("WAITFOR DELAY '00:01:00'", () => undefined);
        const outcome = await within(soon, running.outcome, running.cancel);
        assert.equal(outcome.ok, false);
        assert.equal((await rowsOf(session, 'SELECT 1 AS one')).length, 1);
      }));

    for (const how of ['reset', 'end'] as const)
      test(`a connection that dies (${how}) is an outcome, at once, not a rejection`, async () => {
        const relay = await SqlSessionRelay.start(server.port);
        try {
          await withSession(
            async (session) => {
              const running = session.execute("WAITFOR DELAY '00:01:00'", () => undefined);
              await pause(100);
              const outcome = await within(soon, running.outcome, () => relay.cut(how));
              assert.deepEqual(
                { ok: outcome.ok, connectionLost: outcome.connectionLost },
                { ok: false, connectionLost: true },
              );
              running.cancel();
              assert.equal((await failureOf(session.query('SELECT 1 AS one'))).kind, 'connection');
              const late = await session.execute('SELECT 1 AS one', () => undefined).outcome;
              assert.equal(late.connectionLost, true);
            },
            { port: relay.port },
          );
        } finally {
          relay.stop();
        }
      });

    test('close ends what runs as lost, is idempotent and soon over', async () => {
      const session = await open(settings());
      const running = session.execute("WAITFOR DELAY '00:01:00'", () => undefined);
      await pause(100);
      await within(soon, Promise.all([session.close(), session.close()]), () => undefined);
      await session.close();
      assert.equal((await running.outcome).connectionLost, true);
      assert.equal((await failureOf(session.query('SELECT 1 AS one'))).kind, 'connection');
    });

    test("a wrong password is told in the server's words and number, and stays a secret", async () => {
      const wrong = 'Wr0ng-but-still-secret';
      const failure = await failureOf(open(settings({ login: { user, password: wrong } })));
      assert.equal(`${failure.kind} ${failure.code}`, 'connection login-failed');
      assert.match(failure.message, /Msg 18456: Login failed for user 'sa'/);
      assert.ok(failure.hints.length > 0);
      assert.ok(!everything(failure).includes(wrong));
    });

    test('an expired password is told as such', async () => {
      const text = `Login failed for user '${user}'.  Reason: The password of the account has expired.`;
      server.loginFault({ 'login-error': { number: 18487, text, severity: 14 } });
      const failure = await failureOf(open(settings()));
      assert.equal(`${failure.kind} ${failure.code}`, 'connection password-expired');
    });

    test('a login that takes longer than the timeout is given up', async () => {
      server.loginFault({ 'slow-login': 3000 });
      const failure = await failureOf(open(settings({ loginTimeout: 1 })));
      assert.equal(`${failure.kind} ${failure.code}`, 'connection connection-timeout');
    });

    test('a server that hangs up during the login is told as such', async () => {
      server.loginFault({ 'vanish-at-login': true });
      const failure = await failureOf(open(settings()));
      assert.equal(`${failure.kind} ${failure.code}`, 'connection connection-reset');
    });

    test('a server that has fallen silent can be left', async () => {
      const session = await open(settings());
      server.fault({ 'mute-sql': true });
      const running = session.execute(
        "BACKUP DATABASE [master] TO VIRTUAL_DEVICE = N'x'",
        () => undefined,
      );
      await pause(100);
      running.cancel();
      await within(soon, session.close(), () => undefined);
      assert.equal((await running.outcome).connectionLost, true);
    });

    test('no failure of a session holds the password', () =>
      withSession(async (session) => {
        const failure = await failureOf(session.query('SELECT x FROM nowhere'));
        const { outcome } = session.execute('SELECT x FROM nowhere', () => undefined);
        assert.ok(!everything(failure).includes(password));
        assert.ok(!everything(await outcome).includes(password));
      }));

    test('a certificate nobody vouches for is refused with the two choices', async () => {
      const failure = await failureOf(open(settings({ trustServerCertificate: false })));
      assert.equal(`${failure.kind} ${failure.code}`, 'connection certificate-untrusted');
      assert.match(failure.hints.join(' '), /-C.*CA/);
      assert.ok(!everything(failure).includes(password));
    });

    for (const host of ['127.0.0.1', 'localhost'])
      test(`a trusted certificate is accepted at ${host}, without a warning of Node`, async () => {
        warnings.length = 0;
        await withSession((session) => session.query('SELECT 1 AS one'), { host });
        await pause(20);
        assert.deepEqual(warnings, []);
      });

    test('without encryption no certificate is needed', async () => {
      await withSession((session) => session.query('SELECT 1 AS one'), {
        encrypt: 'optional',
        trustServerCertificate: false,
      });
    });

    test('a server that insists on encryption gets it from a client that does not', async () => {
      const insisting = await StandinServer.start({
        login: { user, password },
        databases: [],
        tls: 'required',
      });
      try {
        await withSession((session) => session.query('SELECT 1 AS one'), {
          port: insisting.port,
          encrypt: 'optional',
        });
      } finally {
        await insisting.stop();
      }
    });

    test('encryption that somebody on the way talks the server out of is noticed', async () => {
      const relay = await SqlSessionRelay.start(server.port, { onFirstPacket: stripEncryption });
      try {
        const failure = await failureOf(open(settings({ port: relay.port })));
        assert.equal(failure.kind, 'connection');
        if (!limits.silentAboutEncryption) assert.equal(failure.code, 'not-encrypted');
      } finally {
        relay.stop();
      }
    });
  });
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw error;
}

/** All that anybody could ever print of `value`. */
function everything(value: unknown): string {
  return inspect(value, { depth: 12, showHidden: true, maxStringLength: null });
}

async function within<T>(ms: number, promise: Promise<T>, begin: () => void): Promise<T> {
  const timeout = new AbortController();
  const late = pause(ms).then(() => {
    if (!timeout.signal.aborted)
      throw new assert.AssertionError({ message: `not over in ${ms} ms` });
    return promise;
  });
  begin();
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
