import { Failure } from '../../base/errors.ts';
import type { SqlConnectionSettings } from '../../sql/sql-session.ts';
import { waitingName } from '../../storage/file/unconfirmed-name.ts';

/** The outcome of `finish`: the files bear their names. */
export interface FinishSummary {
  readonly job: 'finish';
  readonly database: string;
  readonly type: string;
  readonly setId: string;
  readonly files: readonly string[];
  readonly rawBytes: number;
  readonly storedBytes: number;
}

export interface FinishRequest {
  readonly files: readonly WaitingFile[];
  readonly overwrite: boolean;
  /** Called only when SQL Server must be asked: it may ask a person for a password. */
  readonly connection: () => Promise<SqlConnectionSettings>;
}

export interface WaitingFile {
  readonly waiting: string;
  /** What it is to be called. */
  readonly final: string;
  /** The digits of the set id in its name. */
  readonly id?: string;
}

/** What the name `waiting` says of itself. Failure `usage` for one that waits for nothing. */
export function waitingFile(waiting: string): WaitingFile {
  const name = waitingName(waiting);
  if (name) return { waiting, final: name.final, ...(name.id !== undefined && { id: name.id }) };
  throw new Failure('not-waiting', `${waiting} does not wait for its name`, {
    hints: ['finish takes FILE.unconfirmed-<8 digits>, or FILE.partial that a run has kept.'],
  });
}
