// THE PORT to SQL Server's T-SQL side. Implementations: mssql-session.ts (TDS over TCP) and odbc-session.ts (Windows
// login); open-session.ts chooses.
//
// Contract
// - A session is one TDS connection. It never retries: a backup statement must not run twice.
// - `query` is for short pre-flight questions; `execute` for BACKUP/RESTORE, with no time limit (a client
//   timeout would send an attention and kill the backup).
// - Messages arrive in the order the server sent them, information and errors alike.
// - The outcome of `execute` never rejects: a server error, a cancel and a lost connection are outcomes.
// - `cancel` sends an attention, once; harmless when the statement has ended.
// - `close` is idempotent, bounded (2 s) and never rejects.
//
// What ODBC cannot give
// - `state` is 0. `severity` is 16 for an error and 0 for information where the driver does not say it (FreeTDS).
// - The driver decides when messages are handed on: FreeTDS keeps those of one statement until it ends. Errors and
//   information of one call may be sorted, errors first (SQLGetDiagRec).
// - After an error in the first statement of a batch nothing more is heard: the driver manager knows of no further result.
// - `cancel` has no effect once the statement has said something (odbc-connection.ts); the end of the connection has.
// - A statement that does not end in time leaves `close` without a closed connection; the end of the process closes it.

/** A text without the secrets of the run, as far as they are known at the moment. */
export type Scrub = (text: string) => string;

export interface SqlMessage {
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  /** Without the secrets of the run. */
  readonly text: string;
  /** The text as the server sent it, where that held a secret; only for server-message.ts. */
  readonly sent?: string;
}

export interface StatementOutcome {
  /** True when the server ended the batch without an error. Success of BACKUP is Msg 3014, not this. */
  readonly ok: boolean;
  /** Every message, errors included, in order. */
  readonly messages: readonly SqlMessage[];
  /** True when the connection died before the server ended the statement. */
  readonly connectionLost: boolean;
  /** The driver's own error when there is one and the server said nothing. */
  readonly error?: Error;
}

export interface RunningStatement {
  readonly outcome: Promise<StatementOutcome>;
  cancel(): void;
}

/** By column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** `values` are those of the row in the order of its columns, which names do not tell: they may be numbers, or the same. */
export type OnRow = (row: SqlRow, values: readonly unknown[]) => void;

export interface SqlSession {
  /** Rows of the first result set, `undefined` when the server sent none. Throws `Failure('sql-statement')` with the server's words, or `Failure('connection')`. */
  query(statement: string): Promise<readonly SqlRow[] | undefined>;
  /** `onRow` is given the rows of the first result set as they come; nobody keeps them. */
  execute(
    statement: string,
    onMessage: (message: SqlMessage) => void,
    onRow?: OnRow,
  ): RunningStatement;
  close(): Promise<void>;
}

/** How to reach and log in to an instance: sqlcmd's letters, already validated. */
export interface SqlConnectionSettings {
  /** Host name or address to connect to; `.` and `(local)` have become `localhost`. */
  readonly host: string;
  /** Instance name, looked up through SQL Browser when no port is given. */
  readonly instance?: string;
  readonly port?: number;
  readonly login?: { readonly user: string; readonly password: string };
  /** Windows login (`-E`). */
  readonly integrated: boolean;
  readonly encrypt: 'mandatory' | 'optional' | 'strict';
  readonly trustServerCertificate: boolean;
  /** Send the login to whoever listens at a port of this machine. */
  readonly trustListener?: boolean;
  readonly hostNameInCertificate?: string;
  /** Seconds. */
  readonly loginTimeout: number;
  readonly workstation?: string;
  readonly applicationIntent?: 'ReadOnly' | 'ReadWrite';
  /** What the server and the driver say passes through this before anything else. */
  readonly scrub: Scrub;
}
