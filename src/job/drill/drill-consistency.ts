// DBCC CHECKDB of the throw-away database. Where SQL Server gives the check up for want of a snapshot and a lock, it is made
// once more, under locks from the start. What is checked under locks leaves the catalog out, which is then checked by
// itself. A check that cannot be made says nothing of the backup.

import type { Abort } from '../../base/abort.ts';
import { Failure } from '../../base/errors.ts';
import { type CheckVerdict, checkVerdict } from '../../sql/message/check-verdict.ts';
import { queryFailure, spoken } from '../../sql/message/statement-failure.ts';
import type { SqlMessage, SqlSession } from '../../sql/sql-session.ts';
import {
  type CheckExtent,
  type CheckStatement,
  checkCatalogStatement,
  checkDatabaseStatement,
} from '../../sql/statement/check-statement.ts';
import { maxMessages, run } from './drill-check.ts';
import type { DatabaseCheck } from './drill-report.ts';

export interface ConsistencyWishes {
  readonly extent: CheckExtent;
  /** Threads of CHECKDB (MAXDOP); undefined leaves them to the server's configuration. */
  readonly maxdop?: number | undefined;
}

interface CheckedDatabase {
  readonly check: DatabaseCheck;
  /** Why the check could not be made to its end: then it is skipped, and the drill broken off. */
  readonly failure?: Failure;
}

/** Throws when the connection is lost without a word: that says nothing of the database. */
export async function checkDatabase(
  session: SqlSession,
  database: string,
  wishes: ConsistencyWishes,
  abort: Abort,
): Promise<CheckedDatabase> {
  return new ConsistencyCheck(session, database, wishes, abort).run();
}

class ConsistencyCheck {
  readonly #session: SqlSession;
  readonly #database: string;
  readonly #wishes: ConsistencyWishes;
  readonly #abort: Abort;
  readonly #started = performance.now();
  readonly #ran: string[] = [];
  readonly #notes: SqlMessage[] = [];

  constructor(session: SqlSession, database: string, wishes: ConsistencyWishes, abort: Abort) {
    this.#session = session;
    this.#database = database;
    this.#wishes = wishes;
    this.#abort = abort;
  }

  async run(): Promise<CheckedDatabase> {
    const first = await this.#ask(this.#checkdb(false));
    const isGivenUp = first.kind === 'given-up';
    // What the first one was called is not what was checked in the end.
    if (isGivenUp) this.#ran.pop();
    const checked = isGivenUp ? await this.#ask(this.#checkdb(true)) : first;
    const isUnderLocks = isGivenUp || checked.offline;
    const leavesCatalogOut = isUnderLocks && this.#wishes.extent === 'full';
    if (checked.kind !== 'clean' || !leavesCatalogOut) return this.#checked(checked);
    return this.#checked(await this.#ask(checkCatalogStatement(this.#database)));
  }

  #checkdb(locks: boolean): CheckStatement {
    return checkDatabaseStatement({ database: this.#database, ...this.#wishes, locks });
  }

  async #ask({ title, text }: CheckStatement): Promise<CheckVerdict> {
    this.#ran.push(title);
    const outcome = await run(this.#session, text, this.#abort);
    const verdict = checkVerdict(outcome);
    const failure =
      verdict.kind === 'unknown' ? queryFailure(outcome, { direction: 'drill' }) : undefined;
    if (failure) throw failure;
    this.#notes.push(...verdict.notes);
    return verdict;
  }

  #checked({ kind, findings, reason }: CheckVerdict): CheckedDatabase {
    const common = {
      elapsedMs: Math.round(performance.now() - this.#started),
      ran: this.#ran,
      notes: words(this.#notes),
      messages: words(findings),
    };
    if (kind === 'inconsistent') return { check: { ...common, outcome: 'failed' } };
    if (kind === 'clean') return { check: { ...common, outcome: 'passed' } };
    const failure = notChecked(this.#ran.at(-1), reason);
    return { check: { ...common, outcome: 'skipped', reason: failure.message }, failure };
  }
}

function words(messages: readonly SqlMessage[]): readonly string[] {
  return messages.slice(0, maxMessages).map(spoken);
}

/** Not of kind `drill`: that is for what is wrong with the backup. */
function notChecked(title = 'DBCC CHECKDB', reason: SqlMessage | undefined): Failure {
  const why = reason ? spoken(reason) : 'SQL Server did not say why';
  return new Failure(
    'not-checked',
    `the database could not be checked: ${title} ended with ${why}`,
    {
      hints: [
        'Nothing is known of the backup but that it restores. Drill it again once the reason is gone, or on another server.',
        'To restore it without this check: --checkdb none.',
      ],
    },
  );
}
