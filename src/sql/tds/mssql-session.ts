// SqlSession over the package mssql (TDS over TCP). Not here: what messages mean (messages.ts) and why a connection
// did not come about (connect-failure.ts).

import type { Connection, ConnectionPool, config, Request } from 'mssql';
import { asError, Failure } from '../../errors.js';
import { connectFailure, loginUnavailable, notEncrypted } from '../message/connect-failure.js';
import { queryFailure } from '../message/statement-failure.js';
import { namedRow } from '../named-row.js';
import type {
  OnRow,
  RunningStatement,
  SqlConnectionSettings,
  SqlMessage,
  SqlRow,
  SqlSession,
  StatementOutcome,
} from '../sql-session.js';
import { loadMssql } from './load-mssql.js';
import { singleConnectionPool } from './single-connection-pool.js';

/** Milliseconds `close` waits for the driver; the socket is destroyed before that anyway. */
const closeTimeout = 2000;

/** Longest delay a Node timer takes: stands for "no login timeout" (`-l 0`), which the driver would read as "at once". */
const longestTimeout = 2 ** 31 - 1;

/** What the driver's token parser hands out for an INFO or ERROR token. */
interface ServerToken {
  readonly number: number;
  readonly class: number;
  readonly state: number;
  readonly message: string;
}

/**
 * Connects and logs in. Throws `Failure('connection')` with the reason and the next step; a password never appears
 * in it. With `encrypt: 'optional'` a server that insists on encryption gets it, as sqlcmd's `-N o` does.
 */
export async function openMssqlSession(settings: SqlConnectionSettings): Promise<SqlSession> {
  const unavailable = loginUnavailable(settings);
  if (unavailable) throw unavailable;
  try {
    return await connect(settings);
  } catch (error) {
    const insists = error instanceof Failure && error.code === 'encryption-required';
    if (!insists || settings.encrypt !== 'optional') throw error;
    return connect({ ...settings, encrypt: 'mandatory' });
  }
}

async function connect(settings: SqlConnectionSettings): Promise<SqlSession> {
  const mssql = await loadMssql();
  const said: SqlMessage[] = [];
  let connection: Connection | undefined;
  let encrypted = settings.encrypt !== 'mandatory';
  const pool = singleConnectionPool(mssql, {
    ...driverConfig(settings),
    beforeConnect: (opening) => {
      connection = opening;
      opening.on('errorMessage', (token) => said.push(toMessage(token)));
      opening.on('secure', () => {
        encrypted = true;
      });
    },
  });
  // Without a listener an 'error' event would end the process; each statement reports its own end.
  pool.on('error', () => undefined);
  try {
    await pool.connect();
  } catch (error) {
    throw connectFailure(asError(error), said, settings);
  }
  sendAtOnce(connection);
  const session = new MssqlSession(mssql.Request, pool, connection as Connection);
  if (encrypted) return session;
  // tedious 19 takes a server's "not supported" for an answer and goes on in the clear; 20 refuses by itself.
  await session.close();
  throw notEncrypted(
    settings,
    'The password was sent readably: if others share this wire, change it.',
  );
}

/**
 * Turns Nagle's algorithm (RFC 896) off, which tedious leaves on: the first question after a login was measured to
 * wait 40 ms for the server's delayed acknowledgement.
 */
function sendAtOnce(connection: Connection | undefined): void {
  connection?.socket?.setNoDelay(true);
}

/** The driver's configuration. Nothing here may be left to its defaults that retries, times out or reconnects. */
export function driverConfig(settings: SqlConnectionSettings): config {
  const { login, loginTimeout, port } = settings;
  const instance = port === undefined ? namedInstance(settings.instance) : undefined;
  return {
    server: settings.host,
    // Not the login's default database, which may be the one that is offline.
    database: 'master',
    ...(login && { user: login.user, password: login.password }),
    ...(port !== undefined && { port }),
    connectionTimeout: loginTimeout > 0 ? loginTimeout * 1000 : longestTimeout,
    requestTimeout: 0,
    validateConnection: false,
    pool: { min: 1, max: 1 },
    options: {
      appName: 'vdibackup',
      ...(settings.workstation && { workstationId: settings.workstation }),
      ...(instance && { instanceName: instance }),
      encrypt: settings.encrypt === 'strict' ? 'strict' : settings.encrypt === 'mandatory',
      trustServerCertificate: settings.trustServerCertificate,
      ...tlsServerName(settings),
      readOnlyIntent: settings.applicationIntent === 'ReadOnly',
      // How long to wait for the answer to an attention is the job's decision, not the driver's 5 s.
      cancelTimeout: 0,
      maxRetriesOnTransientErrors: 0,
    },
  };
}

/** The default instance has a name, too, and no entry of its own in SQL Browser's terms. */
function namedInstance(instance: string | undefined): string | undefined {
  return instance?.toUpperCase() === 'MSSQLSERVER' ? undefined : instance;
}

/**
 * The name that TLS asks for and verifies. Without one tedious takes the host, and follows the redirections of an
 * availability group. An address makes Node warn (DEP0123, which cli/main.ts keeps off the terminal); a final dot
 * would silence it, but RFC 6066 forbids the dot and strict servers refuse the handshake.
 */
function tlsServerName({ hostNameInCertificate }: SqlConnectionSettings): { serverName?: string } {
  return hostNameInCertificate ? { serverName: hostNameInCertificate } : {};
}

class MssqlSession implements SqlSession {
  readonly #newRequest: () => Request;
  readonly #pool: ConnectionPool;
  readonly #connection: Connection;
  #closing: Promise<void> | undefined;

  constructor(RequestOf: typeof Request, pool: ConnectionPool, connection: Connection) {
    this.#newRequest = () => new RequestOf(pool);
    this.#pool = pool;
    this.#connection = connection;
  }

  async query(statement: string): Promise<readonly SqlRow[] | undefined> {
    const rows: SqlRow[] = [];
    const { outcome, collected } = this.#run(
      statement,
      () => undefined,
      (row) => rows.push(row),
    );
    const failure = queryFailure(await outcome);
    if (failure) throw failure;
    return collected.sets > 0 ? rows : undefined;
  }

  /** Destroys the socket first: what still runs ends at once as lost, and the pool has nothing to wait for. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#connection.close();
      await bounded(this.#pool.close(), closeTimeout);
    })();
    return this.#closing;
  }

  execute(
    statement: string,
    onMessage: (message: SqlMessage) => void,
    onRow?: OnRow,
  ): RunningStatement {
    return this.#run(statement, onMessage, onRow);
  }

  #run(
    statement: string,
    onMessage: (message: SqlMessage) => void,
    onRow: OnRow | undefined,
  ): RunningStatement & { readonly collected: OutcomeCollector } {
    const request = this.#newRequest();
    const collected = new OutcomeCollector(request, onMessage, onRow);
    let ended = false;
    const outcome = request
      .batch(statement)
      .then(
        () => collected.outcome(),
        (error) => collected.outcome(asError(error)),
      )
      .finally(() => {
        ended = true;
      });
    let cancelled = false;
    const cancel = () => {
      if (!ended && !cancelled) request.cancel();
      cancelled = true;
    };
    return { outcome, cancel, collected };
  }
}

/** Gathers the events of one request in the order the server sent them. */
class OutcomeCollector {
  /** Result sets that have begun. */
  sets = 0;
  readonly #messages: SqlMessage[] = [];
  readonly #onMessage: (message: SqlMessage) => void;
  #errors = 0;
  #driverError: Error | undefined;

  constructor(
    request: Request,
    onMessage: (message: SqlMessage) => void,
    onRow: OnRow | undefined,
  ) {
    this.#onMessage = onMessage;
    // In stream mode the driver reports each error when it arrives; otherwise only after the end, all at once.
    request.stream = true;
    request.on('info', (token: ServerToken) => this.#add(toMessage(token)));
    request.on('error', (error: Error) => this.#addError(error));
    // Otherwise columns of the same name come as one value, and such that are called by a number come first.
    Object.assign(request, { arrayRowMode: true });
    let columns: readonly string[] = [];
    request.on('recordset', (metadata: readonly { readonly name: string }[]) => {
      this.sets += 1;
      columns = metadata.map(({ name }) => name);
    });
    request.on('row', (row: readonly unknown[] | object) => {
      // The driver puts the pieces of FOR JSON and FOR XML together, and then gives an object all the same.
      const values = Array.isArray(row) ? row : Object.values(row);
      if (this.sets === 1) onRow?.(namedRow(columns, values), values);
    });
  }

  outcome(rejected?: Error): StatementOutcome {
    const error = this.#driverError ?? rejected;
    return {
      ok: this.#errors === 0 && error === undefined,
      messages: this.#messages,
      connectionLost: error !== undefined && !endedByServer(error),
      ...(error && { error }),
    };
  }

  #add(message: SqlMessage): void {
    this.#messages.push(message);
    this.#onMessage(message);
  }

  /** The server's errors carry a number; the driver's own have a code where the number should be. */
  #addError(error: Error): void {
    if (isServerError(error)) {
      this.#errors += 1;
      this.#add(toMessage(error));
    } else {
      this.#driverError ??= error;
    }
  }
}

function isServerError(error: Error): error is Error & ServerToken {
  return 'number' in error && typeof error.number === 'number';
}

/** A cancelled request and an error without words are answers of the server; every other driver error means it is gone. */
function endedByServer(error: Error): boolean {
  return 'code' in error && (error.code === 'ECANCEL' || error.code === 'UNKNOWN');
}

function toMessage(token: ServerToken): SqlMessage {
  return {
    number: token.number,
    severity: token.class,
    state: token.state ?? 0,
    text: token.message,
  };
}

/** `work`, or nothing after `ms`; never rejects and does not keep the process alive. */
function bounded(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    work
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(timer);
        resolve();
      });
  });
}
