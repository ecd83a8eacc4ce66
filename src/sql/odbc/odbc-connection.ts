// One ODBC connection by promises: every native call answers with what came of it, and none rejects.

import { setTimeout as sleep } from 'node:timers/promises';
import { asError } from '../../base/errors.ts';
import type { NativeConnection } from './load-msnodesqlv8.ts';
import type { OdbcRecord } from './odbc-diagnostic.ts';

export interface OdbcReply {
  readonly records: readonly OdbcRecord[];
  /** What went wrong outside of ODBC, such as a call after close. */
  readonly error?: Error;
  /** Column names of the result set that begins; none where the statement gives no rows. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly endOfRows: boolean;
  /** With records: the call failed. Without: nothing follows. */
  readonly endOfResults: boolean;
  readonly handle: unknown;
}

/** The reply of a call as msnodesqlv8 makes it; which parts there are depends on the call. */
interface NativeReply {
  readonly meta?: readonly { readonly name: string }[];
  readonly data?: readonly (readonly unknown[])[];
  readonly endOfRows?: boolean;
  readonly endOfResults?: boolean;
  readonly handle?: unknown;
}

/** Rows per native call. */
const batchSize = 50;

/**
 * From the announcement that a statement is being submitted to the request on the wire, ms. An attention before the
 * request would be forgotten, and a second one is not possible.
 */
const submissionTime = 50;

export class OdbcConnection {
  readonly #native: NativeConnection;
  #lastId = 0;

  constructor(native: NativeConnection) {
    this.#native = native;
  }

  open(connectionString: string): Promise<OdbcReply> {
    return answer(this.#native, (done) => this.#native.open(connectionString, done));
  }

  statement(text: string): OdbcStatement {
    this.#lastId += 1;
    return new OdbcStatement(this.#native, this.#lastId, text);
  }

  close(): Promise<OdbcReply> {
    return answer(this.#native, (done) => this.#native.close(done));
  }
}

/** A statement and its cursor. One at a time on a connection: ODBC has no other way without MARS. */
export class OdbcStatement {
  readonly #native: NativeConnection;
  readonly #id: number;
  readonly #text: string;
  readonly #submitted: Promise<void>;
  #announce: () => void = () => undefined;
  #handle: unknown = {};
  #spoke = false;
  #released = false;

  constructor(native: NativeConnection, id: number, text: string) {
    this.#native = native;
    this.#id = id;
    this.#text = text;
    this.#submitted = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  /** The first result, or what the server said before it. */
  async execute(): Promise<OdbcReply> {
    const statement = {
      query_str: this.#text,
      query_timeout: 0,
      query_polling: false,
      query_tz_adjustment: 0,
      stateChangeCallback: (_: unknown, { newState }: { readonly newState: string }) => {
        if (newState.endsWith('SUBMITTED')) this.#announce();
      },
    };
    const reply = await this.#call((done) => this.#native.query(this.#id, statement, [], done));
    this.#handle = reply.handle ?? this.#handle;
    return reply;
  }

  next(): Promise<OdbcReply> {
    return this.#call((done) => this.#native.nextResultSet(this.#id, this.#handle, done));
  }

  fetch(): Promise<OdbcReply> {
    const options = { asArrays: true, asObjects: false, batchSize } as const;
    return this.#call((done) => this.#native.fetchRows(this.#id, this.#handle, options, done));
  }

  /**
   * Sends an attention, once the request is on the wire. The driver package refuses it after the first message of the
   * statement (it then counts as failed), and a call all the same would write into memory that another thread reads.
   */
  async cancel(): Promise<void> {
    await this.#submitted;
    await sleep(submissionTime);
    if (this.#spoke || this.#released) return;
    await answer(this.#native, (done) => this.#native.cancelQuery(this.#id, this.#handle, done));
  }

  async release(): Promise<void> {
    this.#released = true;
    await answer(this.#native, (done) =>
      this.#native.releaseStatement(this.#id, this.#handle, done),
    );
  }

  async #call(begin: (done: Done) => void): Promise<OdbcReply> {
    const reply = await answer(this.#native, begin);
    this.#spoke ||= reply.records.length > 0;
    return reply;
  }
}

type Done = (error: unknown, reply: unknown) => void;

/**
 * Connections with a call under way. The package works on in another thread with a connection that JavaScript may have
 * forgotten meanwhile and frees it under the call (seen as a call that never answers).
 */
const underWay = new Set<{ readonly native: NativeConnection }>();

function answer(native: NativeConnection, begin: (done: Done) => void): Promise<OdbcReply> {
  const call = { native };
  underWay.add(call);
  return new Promise<OdbcReply>((resolve) => {
    try {
      begin((error, reply) => resolve(readReply(error, reply)));
    } catch (error) {
      resolve(readReply(asError(error), undefined));
    }
  }).finally(() => underWay.delete(call));
}

function readReply(error: unknown, reply: unknown): OdbcReply {
  const native = (typeof reply === 'object' && reply !== null ? reply : {}) as NativeReply;
  const records = recordsOf(error);
  return {
    records,
    ...(error && records.length === 0 ? { error: asError(error) } : undefined),
    columns: native.meta?.map(({ name }) => name) ?? [],
    rows: native.data ?? [],
    endOfRows: native.endOfRows ?? true,
    endOfResults: native.endOfResults ?? true,
    handle: native.handle,
  };
}

/** A list of records, or one object with the records in `details` (open). */
function recordsOf(error: unknown): readonly OdbcRecord[] {
  if (Array.isArray(error)) return error as OdbcRecord[];
  const details = (error as { readonly details?: unknown } | null)?.details;
  return Array.isArray(details) ? (details as OdbcRecord[]) : [];
}
