// One statement from its submission to its outcome: reads result after result and tells what the server says between.

import { asError } from '../../base/errors.ts';
import { isError } from '../message/messages.ts';
import { namedRow } from '../named-row.ts';
import type { OnRow, Scrub, SqlMessage, StatementOutcome } from '../sql-session.ts';
import type { OdbcReply, OdbcStatement } from './odbc-connection.ts';
import { codeOf, diagnose, mainTrouble } from './odbc-diagnostic.ts';

export class OdbcRun {
  /** Result sets that have begun. */
  sets = 0;
  readonly outcome: Promise<StatementOutcome>;
  readonly #statement: OdbcStatement;
  readonly #scrub: Scrub;
  readonly #onMessage: (message: SqlMessage) => void;
  readonly #onRow: OnRow | undefined;
  readonly #messages: SqlMessage[] = [];
  #settle: (outcome: StatementOutcome) => void = () => undefined;
  #trouble: Error | undefined;
  #state: 'waiting' | 'running' | 'ended' = 'waiting';
  #cancelled = false;
  #lost = false;

  constructor(
    statement: OdbcStatement,
    scrub: Scrub,
    onMessage: (message: SqlMessage) => void,
    onRow: OnRow | undefined,
  ) {
    this.#statement = statement;
    this.#scrub = scrub;
    this.#onMessage = onMessage;
    this.#onRow = onRow;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Never rejects; ends when no native call is under way any more. */
  async begin(): Promise<void> {
    if (this.#lost) return;
    if (this.#cancelled) return this.#end(cancelled());
    this.#state = 'running';
    try {
      await this.#readAll();
    } catch (thrown) {
      this.#trouble ??= asError(thrown);
    }
    await this.#statement.release();
    this.#end(this.#trouble);
  }

  cancel(): void {
    if (this.#cancelled || this.#state === 'ended') return;
    this.#cancelled = true;
    if (this.#state === 'running') void this.#statement.cancel();
  }

  /** The session is being closed: nobody waits for the server's words any more. */
  lose(): void {
    if (this.#state === 'ended') return;
    this.cancel();
    this.#lost = true;
    this.#end(Object.assign(new Error('the session has been closed'), { code: 'ECLOSE' }));
  }

  async #readAll(): Promise<void> {
    let reply = await this.#statement.execute();
    for (;;) {
      const failed = this.#hear(reply);
      if (this.#trouble || (reply.endOfResults && !failed)) return;
      if (!failed && reply.columns.length > 0) await this.#readRows(reply.columns);
      if (this.#trouble) return;
      reply = await this.#statement.next();
    }
  }

  /** Only of the first result set: the next result discards what is left of this one. */
  async #readRows(columns: readonly string[]): Promise<void> {
    this.sets += 1;
    if (this.sets > 1) return;
    for (;;) {
      const reply = await this.#statement.fetch();
      if (this.#hear(reply, true)) return;
      for (const row of reply.rows) this.#onRow?.(namedRow(columns, row), row);
      if (reply.endOfRows) return;
    }
  }

  /** Tells what the server said; true when the call failed. */
  #hear(reply: OdbcReply, fetching = false): boolean {
    const { messages, troubles } = diagnose(reply.records, this.#scrub);
    for (const message of messages) this.#tell(message);
    const failed =
      reply.error !== undefined || (reply.records.length > 0 && (reply.endOfResults || fetching));
    const trouble = reply.error ?? mainTrouble(troubles);
    if (failed) this.#trouble = trouble ?? (messages.some(isError) ? undefined : noReason());
    return failed;
  }

  #tell(message: SqlMessage): void {
    if (this.#lost) return;
    this.#messages.push(message);
    this.#onMessage(message);
  }

  /** A cancelled statement has been ended by the server; any other trouble of the driver means that it is gone. */
  #end(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#settle({
      ok: error === undefined && !this.#messages.some(isError),
      messages: this.#messages,
      connectionLost: error !== undefined && codeOf(error) !== 'ECANCEL',
      ...(error && { error }),
    });
  }
}

function noReason(): Error {
  return new Error('the ODBC driver gave no reason');
}

function cancelled(): Error {
  return Object.assign(new Error('cancelled before it began'), { code: 'ECANCEL' });
}
