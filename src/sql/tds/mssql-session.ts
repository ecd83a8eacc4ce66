// SqlSession over the package mssql (TDS over TCP). Not here: what messages mean (messages.ts) and why a connection
// did not come about (connect-failure.ts).

import type { Connection, ConnectionPool, config, Request } from 'mssql';
import { within } from '../../base/deadline.ts';
import { asError, internalError } from '../../base/errors.ts';
import { connectFailure, loginUnavailable } from '../message/connect-failure.ts';
import { queryFailure } from '../message/statement-failure.ts';
import { namedRow } from '../named-row.ts';
import { heardMessage } from '../server-message.ts';
import type {
  OnRow,
  RunningStatement,
  Scrub,
  SqlConnectionSettings,
  SqlMessage,
  SqlRow,
  SqlSession,
  StatementOutcome,
} from '../sql-session.ts';
import { loadMssql } from './load-mssql.ts';
import { singleConnectionPool } from './single-connection-pool.ts';
import { type Connector, checkBrowser, tdsConnector } from './tds-connector.ts';

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
 * in it. What the driver is given for a socket sees to encryption (login-transport.ts).
 */
export async function openMssqlSession(settings: SqlConnectionSettings): Promise<SqlSession> {
  const unavailable = loginUnavailable(settings);
  if (unavailable) throw unavailable;
  const mssql = await loadMssql();
  const said: SqlMessage[] = [];
  let connection: Connection | undefined;
  const connector = tdsConnector(settings);
  const config = driverConfig(settings, async (...target) => {
    // mssql lets its connection begin and shows it in the same turn.
    await Promise.resolve();
    if (!connection) throw internalError('a driver that shows its connection first', 'none');
    return connector(...target);
  });
  const pool = singleConnectionPool(mssql, {
    ...config,
    beforeConnect: (opening) => {
      refuseOwnSocket(opening, config);
      connection = opening;
      opening.on('errorMessage', (token) =>
        said.push(heardMessage(toMessage(token), settings.scrub)),
      );
    },
  });
  // Without a listener an 'error' event would end the process; each statement reports its own end.
  pool.on('error', () => undefined);
  try {
    if (config.options?.instanceName) await checkBrowser(settings);
    await pool.connect();
  } catch (error) {
    throw connectFailure(asError(error), said, settings);
  }
  return new MssqlSession(mssql.Request, pool, connection as unknown as Connection, settings.scrub);
}

/** The driver is told not to encrypt: one that made its own connection, by another name of the option, would log in in clear. */
function refuseOwnSocket(opening: Connection, { options }: DriverConfig): void {
  const { config } = opening as unknown as { config?: { options?: Partial<DriverOptions> } };
  if (config?.options?.connector === options.connector) return;
  opening.close();
  throw internalError('a TDS driver that takes its connection from options.connector', 'another');
}

type DriverOptions = NonNullable<config['options']> & { readonly connector: Connector };
type DriverConfig = config & { readonly options: DriverOptions };

/** The driver's configuration. Nothing here may be left to its defaults that retries, times out or reconnects. */
export function driverConfig(settings: SqlConnectionSettings, connector: Connector): DriverConfig {
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
      connector,
      encrypt: false,
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

class MssqlSession implements SqlSession {
  readonly #newRequest: () => Request;
  readonly #pool: ConnectionPool;
  readonly #connection: Connection;
  readonly #scrub: Scrub;
  #closing: Promise<void> | undefined;

  constructor(
    RequestOf: typeof Request,
    pool: ConnectionPool,
    connection: Connection,
    scrub: Scrub,
  ) {
    this.#scrub = scrub;
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
      await within(this.#pool.close().catch(asError), closeTimeout);
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
    const collected = new OutcomeCollector(request, this.#scrub, onMessage, onRow);
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
  readonly #scrub: Scrub;
  readonly #onMessage: (message: SqlMessage) => void;
  #errors = 0;
  #driverError: Error | undefined;

  constructor(
    request: Request,
    scrub: Scrub,
    onMessage: (message: SqlMessage) => void,
    onRow: OnRow | undefined,
  ) {
    this.#scrub = scrub;
    this.#onMessage = onMessage;
    // In stream mode the driver reports each error when it arrives; otherwise only after the end, all at once.
    request.stream = true;
    request.on('info', (token: ServerToken) => this.#add(token));
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

  #add(token: ServerToken): void {
    const message = heardMessage(toMessage(token), this.#scrub);
    this.#messages.push(message);
    this.#onMessage(message);
  }

  /** The server's errors carry a number; the driver's own have a code where the number should be. */
  #addError(error: Error): void {
    if (isServerError(error)) {
      this.#errors += 1;
      this.#add(error);
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
