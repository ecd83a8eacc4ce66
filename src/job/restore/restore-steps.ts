// The RESTORE statements of a chain, one after the other, up to the point that was asked for. A log that the database is
// past already is passed over; with a point to stop at, SQL Server alone knows which log holds it.

import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { readDatabaseFacts, type ServerFacts } from '../../sql/facts/server-facts.ts';
import type { Situation } from '../../sql/message/explanation.ts';
import { beyondStopAt, logAlreadyApplied } from '../../sql/message/rows/chain-rows.ts';
import { statementFailure } from '../../sql/message/statement-failure.ts';
import { quoteIdentifier, quoteLiteral } from '../../sql/quoting.ts';
import type { SqlSession, StatementOutcome } from '../../sql/sql-session.ts';
import { restoreStatement } from '../../sql/statement/restore-statement.ts';
import { StdinSource } from '../../storage/stdin-source.ts';
import type { ReadingRun } from '../reading/reading-run.ts';
import type { RestoreRecord } from '../reading/restore-record.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { type Part, partsOf, wholeJob } from '../serving/job-progress.ts';
import { configuredEvent } from '../serving/served-devices.ts';
import { answered } from '../serving/stall-watch.ts';
import { statementAbort } from '../serving/statement-abort.ts';
import { chainType } from '../sets/restore-chain.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';
import { type DatabaseBefore, sayAftermath } from './restore-aftermath.ts';
import type { RestoreStep } from './restore-plan.ts';

interface StepSurroundings {
  readonly request: RestoreRequest;
  readonly abort: Abort;
  readonly emit: Emit;
  readonly record: RestoreRecord;
  readonly run: ReadingRun;
  readonly session: SqlSession;
  readonly server: ServerFacts;
  readonly before: DatabaseBefore;
  /** What the statements are of the whole job. */
  readonly part: Part;
}

type StepEnd = 'restored' | typeof logAlreadyApplied | typeof beyondStopAt;

export class RestoreSteps {
  readonly #around: StepSurroundings;
  /** The last log that was restored began at the point to stop at or later, or SQL Server is past the point. */
  #reached = false;
  #logs = 0;
  readonly #restoredNames: string[] = [];
  #lastPassedOver = false;

  constructor(around: StepSurroundings) {
    this.#around = around;
  }

  /** Throws the root cause when a statement failed and the restore cannot go on. */
  async run(steps: readonly RestoreStep[]): Promise<void> {
    const parts = partsOf(
      steps.map(({ set }) => set.rawBytes),
      this.#around.part,
    );
    for (const [index, step] of steps.entries()) {
      this.#around.abort.throwIfAborted();
      this.#around.run.progress.begin(parts[index] ?? wholeJob);
      this.#announce(step, index + 1, steps.length);
      const end = await this.#restore(step);
      if (end === beyondStopAt || (await this.#isRecovered(step))) {
        const from = end === beyondStopAt ? index : index + 1;
        this.#warnNotNeeded(steps.slice(from));
        break;
      }
    }
    await this.#recover();
  }

  #announce({ set }: RestoreStep, step: number, steps: number): void {
    const { request, emit } = this.#around;
    emit({ event: 'restoring', database: request.database, backup: set.name, step, steps });
  }

  /** Only the failure of a log may be one that the restore goes on after. */
  async #restore(step: RestoreStep): Promise<StepEnd> {
    const { abort: job, run } = this.#around;
    const isLog = chainType(step.set) === 'log';
    const { abort, release } = isLog
      ? statementAbort(job)
      : { abort: job, release: () => undefined };
    try {
      await this.#read(step, abort);
      this.#restored(step.set, isLog);
      return 'restored';
    } catch (thrown) {
      abort.raise(asError(thrown));
      const end = isLog && !job.cause ? this.#forgiven(abort.cause) : undefined;
      if (end === undefined || !(await run.giveUp(abort))) throw abort.cause ?? thrown;
      this.#passOver(step.set, end);
      return end;
    } finally {
      release();
    }
  }

  async #read({ set, input }: RestoreStep, abort: Abort): Promise<void> {
    const { request, emit, run, session, server, record, before } = this.#around;
    for (const { source } of set.backups) if (source instanceof StdinSource) source.passHead();
    const restored = [...this.#restoredNames];
    const { database } = request;
    const isTouched = () => record.bytes.rawBytes > 0;
    const hasTail = record.tail !== undefined;
    run.open.onAftermath((live) =>
      sayAftermath(live, { database, before, restored, isTouched: isTouched(), hasTail }, emit),
    );
    const situation = this.#situation;
    const plan = {
      backups: set.backups,
      threads: request.threads,
      statement: (deviceNames: readonly string[]) => restoreStatement({ ...input, deviceNames }),
      failureOf: (outcome: StatementOutcome) => statementFailure(outcome, situation),
      onMessage: record.heard.bind(record),
      onConfigured: (configuration: Parameters<typeof configuredEvent>[0]) =>
        emit(configuredEvent(configuration)),
    };
    await run.read(session, server, plan, abort);
  }

  get #situation(): Situation {
    const { request, server } = this.#around;
    return { direction: request.direction ?? 'restore', server };
  }

  #restored(set: RestoreSet, isLog: boolean): void {
    const { stopAt } = this.#around.request;
    const started = set.facts?.started;
    this.#around.record.restored(set);
    this.#restoredNames.push(set.name);
    this.#lastPassedOver = false;
    if (!isLog) return;
    this.#logs += 1;
    if (stopAt !== undefined && started !== undefined) this.#reached = started >= stopAt;
  }

  /** What the failure of a log stands for where it is no reason to stop. */
  #forgiven(cause: Error | undefined): Exclude<StepEnd, 'restored'> | undefined {
    if (!(cause instanceof Failure)) return undefined;
    if (cause.code === logAlreadyApplied) return logAlreadyApplied;
    // Before the first log it is the user's point that is wrong.
    return cause.code === beyondStopAt && this.#logs > 0 ? beyondStopAt : undefined;
  }

  #passOver({ name }: RestoreSet, end: Exclude<StepEnd, 'restored'>): void {
    this.#lastPassedOver = true;
    if (end === beyondStopAt) this.#reached = true;
    else
      this.#around.emit({
        event: 'warning',
        code: logAlreadyApplied,
        message: `${name} is passed over: the database is past this log backup already`,
      });
  }

  #warnNotNeeded(steps: readonly RestoreStep[]): void {
    for (const { set } of steps)
      this.#around.emit({
        event: 'warning',
        code: 'not-needed',
        message: `${set.name} is not needed: the point to stop at lies before it`,
      });
  }

  /** With a point to stop at, the log that holds it recovers the database, and the next one would be refused. */
  async #isRecovered({ set }: RestoreStep): Promise<boolean> {
    const { request, abort } = this.#around;
    if (request.stopAt === undefined || request.end.kind !== 'recovery') return false;
    if (chainType(set) !== 'log') return false;
    return (await answered(this.#state(), request.stallTimeout, abort)) === 'ONLINE';
  }

  async #state(): Promise<string | undefined> {
    const { session, request } = this.#around;
    const facts = await readDatabaseFacts(session, request.database);
    return typeof facts === 'object' ? facts.state : undefined;
  }

  /**
   * After the last statement the database is as it was asked for, but where that one was passed over, or where nothing was
   * logged after the point to stop at: then SQL Server goes on waiting for a log that would say so.
   */
  async #recover(): Promise<void> {
    const { request, abort } = this.#around;
    if (!this.#reached && !this.#lastPassedOver) return;
    if (request.end.kind === 'norecovery') return;
    if ((await answered(this.#state(), request.stallTimeout, abort)) !== 'RESTORING') return;
    await this.#execute(recoverStatement(request));
  }

  async #execute(text: string): Promise<void> {
    const { session, abort, emit, run, record } = this.#around;
    const statement = run.open.execute(session, text, {
      abort,
      emit,
      onProgress: (percent) => run.progress.heard(percent),
      onMessage: record.heard.bind(record),
      failureOf: (outcome) => statementFailure(outcome, this.#situation),
    });
    await statement.success();
    run.open.forgetStatement();
  }
}

function recoverStatement({ database, end }: RestoreRequest): string {
  const name = quoteIdentifier(database);
  return end.kind === 'standby'
    ? `RESTORE DATABASE ${name} WITH STANDBY = ${quoteLiteral(end.undoFile)}`
    : `RESTORE DATABASE ${name} WITH RECOVERY`;
}
