// A BACKUP or RESTORE under way: what SQL Server says meanwhile, and its verdict. A statement that fails, in whatever
// phase, ends the job; its words are the root cause unless something of ours came first.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Abort } from '../../base/abort.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { damageNotice } from '../../sql/message/damage-notice.ts';
import {
  messageEvent,
  progressPercent,
  type Verdict,
  verdictOf,
} from '../../sql/message/messages.ts';
import type {
  RunningStatement,
  SqlMessage,
  SqlRow,
  SqlSession,
  StatementOutcome,
} from '../../sql/sql-session.ts';
import { vdiAborted } from '../../vdi/hresult.ts';
import { serverWordsMs } from './served-devices.ts';

/** How long SQL Server may take to answer the attention of an abort after the last byte, ms. */
const verdictAfterAbortMs = 2000;

export interface StatementWatch {
  readonly abort: Abort;
  readonly emit: Emit;
  /** Percent of a Msg 3211, or undefined for any other message. */
  readonly onProgress: (percent: number | undefined) => void;
  /** A message that is not progress. */
  readonly onMessage: (message: SqlMessage) => void;
  /** The failure that an outcome stands for: statementFailure, or queryFailure where there is no Msg 3014. */
  readonly failureOf: (outcome: StatementOutcome) => Failure | undefined;
  readonly onRow?: (row: SqlRow) => void;
  /** SQL Server has ended the statement with success. */
  readonly onSuccess?: () => void;
}

export class WatchedStatement {
  readonly running: RunningStatement;
  readonly #watch: StatementWatch;
  readonly #heardSoFar: SqlMessage[] = [];
  #givenUp = false;

  constructor(session: SqlSession, text: string, watch: StatementWatch) {
    this.#watch = watch;
    watch.emit({ event: 'debug', message: 'statement', data: { statement: text } });
    this.running = session.execute(text, (message) => this.#heard(message), watch.onRow);
    void this.running.outcome.then((outcome) => {
      const failure = watch.failureOf(outcome);
      if (failure) watch.abort.raise(failure);
      else watch.onSuccess?.();
    });
  }

  /** `step`; when SQL Server aborted the set meanwhile, what it says on the other wire, a little later. */
  async orServerWords<T>(step: () => Promise<T>): Promise<T> {
    const { abort } = this.#watch;
    try {
      return await abort.race(step());
    } catch (thrown) {
      const aborted = thrown instanceof Failure && thrown.code === vdiAborted;
      if (aborted) await abort.race(sleep(serverWordsMs, undefined, { ref: false }));
      throw thrown;
    }
  }

  /**
   * SQL Server's verdict, once all its devices are closed. An abort now can only be an attention, and may
   * come too late: if SQL Server says success all the same, it counts.
   */
  async success(): Promise<void> {
    const { abort, failureOf } = this.#watch;
    abort.onAbort(() => this.running.cancel());
    const late = new Promise<undefined>((resolve) => {
      abort.onAbort(() => setTimeout(() => resolve(undefined), verdictAfterAbortMs).unref());
      abort.onHurry(() => resolve(undefined));
    });
    const outcome = await Promise.race([this.running.outcome, late]);
    this.#givenUp = outcome === undefined;
    // 3014 itself is the success, even if the end of the answer never comes.
    if (!outcome && this.verdict === 'success') return;
    const failure = outcome && failureOf(outcome);
    if (failure || !outcome) throw abort.cause ?? failure;
  }

  /** It was sent an attention and had its time to answer it. */
  get givenUp(): boolean {
    return this.#givenUp;
  }

  /** What SQL Server has said so far, of a statement that may still be under way or cut off. */
  get verdict(): Verdict {
    return verdictOf(this.#heardSoFar);
  }

  #heard(message: SqlMessage): void {
    this.#heardSoFar.push(message);
    const percent = progressPercent(message);
    this.#watch.onProgress(percent);
    if (percent !== undefined) return;
    this.#watch.onMessage(message);
    this.#watch.emit({ event: 'sql-message', ...messageEvent(message) });
    const notice = damageNotice(message);
    if (notice) this.#watch.emit({ event: 'warning', ...notice });
  }
}
