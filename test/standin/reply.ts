// The answer to one request, as the executor gives it; how it becomes tokens is token-reply.ts.
import type { ServerMessage } from './sql-error.ts';
import type { SqlValue } from './sql-value.ts';
import type { Column } from './tokens.ts';

export interface Reply {
  /** An informational message or an error, by its severity. */
  message(message: ServerMessage): void;
  rows(columns: readonly Column[], rows: readonly (readonly SqlValue[])[]): void;
  /** The database of the session changed. */
  database(now: string, before: string): void;
  /** The statement failed: its DONE carries the error bit. */
  failed(): void;
  /** End of a statement; its DONE counts the rows that were sent. */
  end(): void;
  /** Sends what is there, without ending the answer. */
  flush(): void;
}
