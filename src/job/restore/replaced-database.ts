// What precedes a restore over a database that is online: its backups are verified, and the tail of its log is backed up
// where that is wanted. Until then nothing of it is touched.

import type { Abort } from '../../base/abort.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import type { DatabaseFacts } from '../../sql/facts/server-facts.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { claimConsole } from '../../system/library-console.ts';
import { backupJob } from '../backup/backup-job.ts';
import type { ReadingRun, SpeakOn } from '../reading/reading-run.ts';
import type { RestoreRecord } from '../reading/restore-record.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { ownReading, type Part, serverReading, wholeJob } from '../serving/job-progress.ts';
import { statementAbort } from '../serving/statement-abort.ts';
import type { RestoreChain } from '../sets/restore-chain.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';
import { unlessStalled, verifyBackups } from '../verify/verify-job.ts';
import { passes, type VerifyReport } from '../verify/verify-report.ts';
import { checkReplaced, onlineDatabase } from './replacement-check.ts';
import { sayAftermath } from './restore-aftermath.ts';
import { startsNew } from './restore-plan.ts';

interface ReplacementSurroundings {
  readonly request: RestoreRequest;
  readonly abort: Abort;
  readonly emit: Emit;
  readonly speakOn: SpeakOn;
  readonly run: ReadingRun;
  readonly record: RestoreRecord;
}

export class ReplacedDatabase {
  readonly #around: ReplacementSurroundings;
  /** Undefined unless it is online. */
  #online: DatabaseFacts | undefined;
  /** Why there is no tail. It outranks the cause of the abort: it says where an unconfirmed tail is. */
  tailFailure: unknown;

  constructor(around: ReplacementSurroundings) {
    this.#around = around;
  }

  /** What the restore itself is of the whole job. */
  get restorePart(): Part {
    return this.#isVerified ? serverReading : wholeJob;
  }

  /** For a dry run. */
  get planLines(): readonly string[] {
    return this.#isVerified ? ['before: every backup is verified'] : [];
  }

  /** See `checkReplaced`. `facts` are of the database before the restore. */
  meet(
    session: SqlSession,
    facts: DatabaseFacts | 'missing' | undefined,
    chain: RestoreChain<RestoreSet>,
  ): Promise<void> {
    const { request, emit } = this.#around;
    this.#online = request.replace && startsNew(chain) ? onlineDatabase(facts) : undefined;
    return checkReplaced(session, this.#online, request, chain.steps, emit);
  }

  /** Throws the reason why the database is not to be touched. */
  async prepare({ steps }: RestoreChain<RestoreSet>): Promise<void> {
    const { tail, dryRun } = this.#around.request;
    if (!this.#online) return;
    if (this.#isVerified && !dryRun) await this.#verify(steps, this.#online);
    if (tail) await this.#saveTail(tail, this.#online);
  }

  get #isVerified(): boolean {
    return this.#online !== undefined && this.#around.request.verify;
  }

  /** Every backup of the chain from its first byte to its last. Failure `integrity` for damage, `stalled`, `io`. */
  async #verify(sets: readonly RestoreSet[], { name }: DatabaseFacts): Promise<void> {
    const { request, abort, emit } = this.#around;
    const database = `database ${quoteIdentifier(name)}`;
    emit({ event: 'checking', what: `the backups, before ${database} is replaced` });
    const heard: Emit = (event) => {
      // It was said when the files were opened.
      if (event.event !== 'warning' || event.code !== 'unconfirmed') emit(event);
    };
    const backups = sets.flatMap((set) => set.backups);
    const { stallTimeout, threads } = request;
    const report = await unlessStalled({ stallTimeout, abort, emit: heard }, (watched) =>
      verifyBackups(backups, threads, abort, watched, ownReading),
    );
    if (!passes(report)) throw damaged(report, database);
  }

  async #saveTail(tail: BackupRequest, facts: DatabaseFacts): Promise<void> {
    const { request, emit, run, record } = this.#around;
    const { database, dryRun } = request;
    const before = { facts, isContinued: false };
    const aftermath = { database, before, restored: [], isTouched: false, hasTail: true };
    if (!dryRun) run.open.onAftermath((live) => sayAftermath(live, aftermath, emit));
    try {
      const { files, setId } = await this.#backUp(tail);
      if (dryRun) return;
      record.tail = { files: files.map(({ path }) => path), setId };
      emit({ event: 'tail', database, ...record.tail });
    } catch (thrown) {
      this.tailFailure = inContext(thrown);
      throw this.tailFailure;
    }
  }

  /**
   * BACKUP LOG WITH NORECOVERY: from then on nobody can change the database, so that nothing falls between the tail and
   * the restore. Source: "Tail-log backups (SQL Server)".
   */
  async #backUp(tail: BackupRequest) {
    const { abort: job, emit, speakOn } = this.#around;
    if (!tail.dryRun) {
      emit({ event: 'checking', what: 'the tail of the log, which is backed up first' });
      const { stderr, stdout } = claimConsole();
      speakOn(stderr, stdout);
    }
    const { abort, release } = statementAbort(job);
    try {
      return await backupJob(tail, abort, tailEvents(emit));
    } finally {
      release();
    }
  }
}

/** The restore itself says who it is connected to, and how far it is. */
function tailEvents(emit: Emit): Emit {
  return (event) => {
    if (event.event === 'progress') {
      const { percent: _, ...bytes } = event;
      emit(bytes);
    } else if (event.event !== 'connected') emit(event);
  };
}

function damaged({ files, sets }: VerifyReport, database: string): Failure {
  const bad = files.find(({ good }) => !good);
  const what = bad ? bad.damage[0]?.message : sets[0]?.message;
  return new Failure(
    'damaged-backup',
    `${database} was not touched, because a backup is damaged: ${what}`,
    {
      hints: [
        ...(bad ? [`All that is wrong with it: vdibackup verify ${bad.file}`] : []),
        'Restore another backup; --no-verify restores this one all the same.',
      ],
    },
  );
}

function inContext(thrown: unknown): unknown {
  if (!(thrown instanceof Failure)) return thrown;
  return thrown.with({ message: `the tail of the log: ${thrown.message}` });
}
