// A Reply as TDS tokens. A DONE is held back until it is known whether more follows.
import { packetTypes } from './packet.ts';
import type { Reply } from './reply.ts';
import type { ServerMessage } from './sql-error.ts';
import type { SqlValue } from './sql-value.ts';
import {
  type Column,
  columnMetadata,
  type DoneToken,
  done,
  doneStatus,
  doneTokens,
  environmentText,
  message as messageToken,
  returnStatus,
  row,
} from './tokens.ts';
import type { Wire } from './wire.ts';

const flushThreshold = 64 * 1024;

export class TokenReply implements Reply {
  readonly #wire: Wire;
  readonly #serverName: string;
  readonly #isProcedure: boolean;
  #tokens: Buffer[] = [];
  #size = 0;
  #pending: ((more: boolean) => Buffer) | undefined;
  #failed = false;
  #rows: number | undefined;
  #closed = false;

  constructor(wire: Wire, serverName: string, isProcedure: boolean) {
    this.#wire = wire;
    this.#serverName = serverName;
    this.#isProcedure = isProcedure;
  }

  message(entry: ServerMessage): void {
    this.#add(messageToken(entry, this.#serverName, 1));
  }

  rows(columns: readonly Column[], rows: readonly (readonly SqlValue[])[]): void {
    this.#add(columnMetadata(columns));
    for (const values of rows) this.#add(row(columns, values));
    this.#rows = rows.length;
  }

  database(now: string, before: string): void {
    this.#add(environmentText('database', now, before));
    const text = `Changed database context to '${now}'.`;
    this.message({ number: 5701, severity: 10, state: 2, text });
  }

  failed(): void {
    this.#failed = true;
  }

  end(): void {
    this.#settle(true);
    const rows = this.#rows;
    this.#rows = undefined;
    const status =
      (rows === undefined ? 0 : doneStatus.count) | (this.#failed ? doneStatus.error : 0);
    const token: DoneToken = this.#isProcedure ? doneTokens.inProcedure : doneTokens.done;
    this.#pending = (more) => done(token, status | (more ? doneStatus.more : 0), rows ?? 0);
    this.#failed = false;
  }

  flush(): void {
    if (this.#tokens.length > 0) this.#send(false);
  }

  /** The last DONE, and the end of the message. */
  close(attention: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    const failed = this.#failed;
    if (this.#isProcedure) {
      this.#settle(true);
      this.#add(returnStatus(failed ? 1 : 0));
      this.#add(done(doneTokens.procedure, failed ? doneStatus.error : 0));
    } else {
      if (!this.#pending || failed) this.end();
      this.#settle(false);
    }
    this.#send(true);
    // The acknowledgement is a message of its own: tedious takes the one before it for the cut-short answer.
    if (attention) this.#push(done(doneTokens.done, doneStatus.attention));
    if (attention) this.#send(true);
  }

  #settle(more: boolean): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#push(pending(more));
  }

  #add(token: Buffer): void {
    this.#settle(true);
    this.#push(token);
    if (this.#size > flushThreshold) this.flush();
  }

  #push(token: Buffer): void {
    this.#tokens.push(token);
    this.#size += token.length;
  }

  #send(last: boolean): void {
    const tokens = Buffer.concat(this.#tokens);
    this.#tokens = [];
    this.#size = 0;
    this.#wire.send(packetTypes.reply, tokens, last);
  }
}
