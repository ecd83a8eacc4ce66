// SqlSession over ODBC (msnodesqlv8's native half), for Windows logins: the TDS driver cannot speak SSPI. Protocol (shared
// memory, named pipe, TCP) is the ODBC driver's choice. Not here: connection strings (odbc-driver.ts), what the diagnostic
// records mean (odbc-diagnostic.ts).

import { within } from '../../base/deadline.ts';
import { connectFailure } from '../message/connect-failure.ts';
import { queryFailure } from '../message/statement-failure.ts';
import type {
  OnRow,
  RunningStatement,
  Scrub,
  SqlConnectionSettings,
  SqlMessage,
  SqlRow,
  SqlSession,
} from '../sql-session.ts';
import { loadMsnodesqlv8 } from './load-msnodesqlv8.ts';
import { OdbcConnection } from './odbc-connection.ts';
import { diagnose, mainTrouble, type OdbcRecord } from './odbc-diagnostic.ts';
import {
  connectionString,
  driverFailure,
  noDriver,
  type OdbcDriver,
  odbcDrivers,
} from './odbc-driver.ts';
import { OdbcRun } from './odbc-run.ts';

/** Milliseconds `close` waits for the statement and for the connection, each. */
const closeTimeout = 500;

/** Connects with the best driver installed. Throws `Failure('connection')` with the reason and the next step. */
export async function openOdbcSession(settings: SqlConnectionSettings): Promise<SqlSession> {
  const { Connection } = await loadMsnodesqlv8();
  for (const driver of odbcDrivers) {
    const connection = new OdbcConnection(new Connection());
    if (await connects(connection, driver, settings))
      return new OdbcSession(connection, settings.scrub);
  }
  throw noDriver();
}

/** False when `driver` is not installed: the driver manager is the only one who knows. */
async function connects(
  connection: OdbcConnection,
  driver: OdbcDriver,
  settings: SqlConnectionSettings,
): Promise<boolean> {
  const failure = driverFailure(driver, settings);
  if (failure) {
    if (isMissing((await connection.open(probe(driver))).records)) return false;
    throw failure;
  }
  const opening = connection.open(connectionString(driver, settings));
  const { loginTimeout } = settings;
  // 0 = no limit. The package sets the driver's own login timeout to "for ever".
  const reply = await (loginTimeout > 0 ? within(opening, loginTimeout * 1000) : opening);
  if (!reply) {
    void opening.then(() => connection.close());
    throw connectFailure(timedOut(), [], settings);
  }
  if (!reply.error && reply.records.length === 0) return true;
  if (isMissing(reply.records)) return false;
  const { messages, troubles } = diagnose(reply.records, settings.scrub);
  const trouble = mainTrouble(troubles) ?? reply.error ?? new Error('no reason given');
  throw connectFailure(trouble, messages, settings);
}

/** Without a server every driver fails at once, and only one that is there fails for that reason. */
function probe({ name }: OdbcDriver): string {
  return `Driver={${name}};`;
}

/** IM002, IM003: Windows' driver manager; unixODBC says that it cannot open the library, with a warning's SQLSTATE. */
function isMissing(records: readonly OdbcRecord[]): boolean {
  return records.some(
    ({ sqlState, message }) =>
      sqlState === 'IM002' || sqlState === 'IM003' || message.includes("Can't open lib"),
  );
}

function timedOut(): Error {
  return Object.assign(new Error('login timeout expired'), { code: 'ETIMEDOUT' });
}

class OdbcSession implements SqlSession {
  readonly #connection: OdbcConnection;
  readonly #scrub: Scrub;
  readonly #unfinished = new Set<OdbcRun>();
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(connection: OdbcConnection, scrub: Scrub) {
    this.#connection = connection;
    this.#scrub = scrub;
  }

  async query(statement: string): Promise<readonly SqlRow[] | undefined> {
    const rows: SqlRow[] = [];
    const run = this.#run(
      statement,
      () => undefined,
      (row) => rows.push(row),
    );
    const failure = queryFailure(await run.outcome);
    if (failure) throw failure;
    return run.sets > 0 ? rows : undefined;
  }

  execute(
    statement: string,
    onMessage: (message: SqlMessage) => void,
    onRow?: OnRow,
  ): RunningStatement {
    const run = this.#run(statement, onMessage, onRow);
    return { outcome: run.outcome, cancel: () => run.cancel() };
  }

  #run(
    statement: string,
    onMessage: (message: SqlMessage) => void,
    onRow: OnRow | undefined,
  ): OdbcRun {
    const run = new OdbcRun(this.#connection.statement(statement), this.#scrub, onMessage, onRow);
    if (this.#closing !== undefined) run.lose();
    this.#unfinished.add(run);
    // One statement at a time: the next one begins when the native calls of this one have ended.
    this.#last = this.#last.then(async () => {
      await run.begin();
      this.#unfinished.delete(run);
    });
    return run;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Native memory must not be freed under a call that uses it: where the statement does not end in time the connection
   * is closed when it does, or by the end of the process.
   */
  async #close(): Promise<void> {
    for (const run of this.#unfinished) run.lose();
    const idle = this.#last.then(() => true);
    const closed = idle.then(() => this.#connection.close());
    if (await within(idle, closeTimeout)) await within(closed, closeTimeout);
  }
}
