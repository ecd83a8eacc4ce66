// The story of one restore, from the checks before any work to SQL Server's last 3014. What exists at any moment is
// in #run, which alone can end it.

import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit, JobEvent, RestoreSummary } from '../../base/events.ts';
import { type ListedFile, readFileList } from '../../sql/facts/file-list.ts';
import { readInstancePlaces } from '../../sql/facts/instance-places.ts';
import { checkRestore } from '../../sql/facts/restore-preflight.ts';
import {
  type DatabaseFacts,
  readDatabaseFacts,
  type ServerFacts,
} from '../../sql/facts/server-facts.ts';
import { queryFailure } from '../../sql/message/statement-failure.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlRow, SqlSession } from '../../sql/sql-session.ts';
import { restoreStatement } from '../../sql/statement/restore-statement.ts';
import { ReadingRun, type SpeakOn } from '../reading/reading-run.ts';
import { RestoreRecord } from '../reading/restore-record.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { meetServer } from '../serving/meet-server.ts';
import { answered } from '../serving/stall-watch.ts';
import { chainWarnings } from '../sets/chain-warnings.ts';
import { orderChain, type RestoreChain } from '../sets/restore-chain.ts';
import { openSets, type RestoreSet } from '../sets/restore-sets.ts';
import { ReplacedDatabase } from './replaced-database.ts';
import { factsInTime } from './restore-aftermath.ts';
import {
  checkWishes,
  mayMove,
  planSteps,
  type RestoreStep,
  sizesFor,
  startsNew,
} from './restore-plan.ts';
import { RestoreSteps } from './restore-steps.ts';
import { checkTarget } from './restore-target.ts';
import { repeatedHour, stopPoint } from './stop-point.ts';

/**
 * Restores one database. Returns only when SQL Server has reported success for every backup of the chain. Throws the
 * root cause of anything else, after everything was ended and the state of the database was said. `speakOn` hears
 * which descriptors lead to standard error and output from now on: the VDI library prints to the usual ones.
 */
export async function restoreJob(
  request: RestoreRequest,
  abort: Abort,
  emit: Emit,
  speakOn: SpeakOn,
): Promise<RestoreSummary> {
  const run = new RestoreRun(request, abort, emit, speakOn);
  try {
    return await run.tell();
  } catch (thrown) {
    // There is nothing left to abort.
    if (run.isOver) throw thrown;
    abort.raise(asError(thrown));
    await run.undo();
    throw run.tailFailure ?? abort.cause ?? thrown;
  } finally {
    await run.end();
  }
}

/** SQL Server reads a few hundred KiB for the list of files: reading far ahead would be for nothing. */
const threadsForList = 1;

/** How long SQL Server may take to say the state of the database in the end, ms. */
const stateTimeoutMs = 10_000;

class RestoreRun {
  #request: RestoreRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #speakOn: SpeakOn;
  readonly #record: RestoreRecord;
  readonly #run: ReadingRun;
  /** The database before this run. */
  #before: DatabaseFacts | 'missing' | undefined;
  #isOver = false;
  readonly #replaced: ReplacedDatabase;

  constructor(request: RestoreRequest, abort: Abort, emit: Emit, speakOn: SpeakOn) {
    this.#speakOn = speakOn;
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#record = new RestoreRecord(request);
    this.#run = new ReadingRun(request, abort, emit, this.#record.bytes);
    const { record, run } = { record: this.#record, run: this.#run };
    this.#replaced = new ReplacedDatabase({ request, abort, emit, speakOn, run, record });
  }

  async tell(): Promise<RestoreSummary> {
    const sets = await this.#run.opened(this.#open());
    const chain = this.#order(sets);
    const session = await this.#connect();
    const server = await this.#answered(this.#ask(session, chain));
    const places = await this.#answered(readInstancePlaces(session));
    await this.#replaced.prepare(chain);
    if (this.#request.dryRun) {
      this.#rehearse(planSteps(chain, chain.steps[0]?.files ?? [], places, this.#request), chain);
      return this.#farewell(session);
    }
    this.#run.begin(this.#speakOn);
    const listed = mayMove(chain, this.#request)
      ? await this.#listFiles(session, server, chain)
      : [];
    const steps = planSteps(chain, listed, places, this.#request);
    await this.#steps(session, server, !startsNew(chain)).run(steps);
    // From here on nothing aborts: the database is as it was asked for.
    this.#run.finish();
    this.#isOver = true;
    return this.#farewell(session);
  }

  /** SQL Server has carried out every statement. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A better reason than that of the abort; undefined where the tail was no problem. */
  get tailFailure(): unknown {
    return this.#replaced.tailFailure;
  }

  undo(): Promise<void> {
    return this.#run.undo();
  }

  end(): Promise<void> {
    return this.#run.end();
  }

  #open(): Promise<RestoreSet[]> {
    return openSets(
      this.#request,
      (backup) => this.#run.keep(backup),
      this.#emit,
      (source) => this.#run.watchHead(source),
    );
  }

  #order(sets: readonly RestoreSet[]): RestoreChain<RestoreSet> {
    this.#request = this.#inServerTime(sets);
    const chain = orderChain(sets, this.#request);
    checkTarget(chain, this.#request);
    checkWishes(chain, this.#request);
    for (const warning of chainWarnings(chain)) this.#emit({ event: 'warning', ...warning });
    return chain;
  }

  #inServerTime(sets: readonly RestoreSet[]): RestoreRequest {
    if (this.#request.stopAt === undefined) return this.#request;
    const facts = sets.map((set) => set.facts);
    const { local: stopAt, isRepeated } = stopPoint(this.#request.stopAt, facts);
    if (isRepeated) this.#emit({ event: 'warning', ...repeatedHour(stopAt) });
    return { ...this.#request, stopAt };
  }

  #answered<T>(questions: Promise<T>): Promise<T> {
    return answered(questions, this.#request.stallTimeout, this.#abort);
  }

  async #connect(): Promise<SqlSession> {
    return this.#run.open.connect(this.#request.connection);
  }

  async #ask(session: SqlSession, chain: RestoreChain<RestoreSet>): Promise<ServerFacts> {
    const { database, replace } = this.#request;
    const server = await meetServer(session, this.#request, this.#emit);
    const facts = await readDatabaseFacts(session, database);
    this.#before = facts;
    const softwareVersion = chain.steps[0]?.facts?.softwareVersion;
    const intent = { database, replace, startsNew: startsNew(chain), softwareVersion };
    for (const warning of checkRestore(intent, facts, server))
      this.#emit({ event: 'warning', ...warning });
    await this.#replaced.meet(session, facts, chain);
    return server;
  }

  #steps(session: SqlSession, server: ServerFacts, isContinued: boolean): RestoreSteps {
    return new RestoreSteps({
      request: this.#request,
      abort: this.#abort,
      emit: this.#emit,
      record: this.#record,
      run: this.#run,
      session,
      server,
      before: { facts: this.#before, isContinued },
      part: this.#replaced.restorePart,
    });
  }

  /** RESTORE FILELISTONLY through a device set of its own, which SQL Server closes when it has read enough. */
  async #listFiles(
    session: SqlSession,
    server: ServerFacts,
    { steps: [first] }: RestoreChain<RestoreSet>,
  ): Promise<readonly ListedFile[]> {
    if (!first) return [];
    const rows: SqlRow[] = [];
    const { blockSize } = sizesFor(first, this.#request);
    await this.#run.read(session, server, {
      backups: first.backups,
      threads: threadsForList,
      statement: (deviceNames) =>
        restoreStatement({
          action: 'filelistonly',
          deviceNames,
          blockSize,
          checksum: this.#request.checksum,
          with: this.#request.with,
        }),
      failureOf: (outcome) =>
        queryFailure(outcome, { direction: this.#request.direction ?? 'restore', server }),
      onRow: (row) => rows.push(row),
    });
    return readFileList(rows);
  }

  /** Dry run: everything is asked, nothing is made. Device names are made up at the start of a run. */
  #rehearse(steps: readonly RestoreStep[], chain: RestoreChain<RestoreSet>): void {
    const statement = steps
      .map(({ set, input }) =>
        restoreStatement({
          ...input,
          deviceNames: set.backups.map((_, index) => `device${index}`),
        }),
      )
      .join(';\n');
    const isListed = (chain.steps[0]?.files.length ?? 0) > 0 || !mayMove(chain, this.#request);
    const { files, threads } = this.#request;
    this.#emit({
      event: 'plan',
      statement,
      files,
      lines: [
        `order: ${chain.steps.map(({ name }) => name).join(', ')}`,
        ...this.#replaced.planLines,
        ...(isListed ? [] : ['files: what they are and where they go, SQL Server says in the run']),
        `decompression: ${threads} threads`,
      ],
    });
  }

  /** A log that ends before the point of STOPAT leaves the database open for the next one, and that is no error. */
  #refuseUnrecovered(state: string | undefined): void {
    const { database, end, stopAt } = this.#request;
    if (end.kind !== 'recovery' || state !== 'RESTORING') return;
    throw notRecovered(database, stopAt);
  }

  async #farewell(session: SqlSession): Promise<RestoreSummary> {
    const { database, dryRun } = this.#request;
    this.#run.sayLast();
    if (this.#abort.cause)
      this.#emit({
        event: 'warning',
        code: 'too-late',
        message: `too late to abort (${this.#abort.cause.message}): SQL Server had already finished the restore`,
      });
    const isGone = this.#record.isMasterRestored;
    if (isGone) this.#emit(shutDown);
    // Nothing aborts any more, so nothing else would end this wait.
    const facts = isGone ? undefined : await factsInTime(session, database, stateTimeoutMs);
    await session.close();
    const state = typeof facts === 'object' ? facts.state : undefined;
    if (!dryRun) this.#refuseUnrecovered(state);
    return this.#record.summary(this.#run.progress, dryRun ? undefined : state);
  }
}

/** Whoever reads OK shall not look for a crash. */
const shutDown: JobEvent = {
  event: 'warning',
  code: 'server-shut-down',
  message: 'SQL Server has restored master, and shuts itself down (Msg 3150)',
  hint: 'Start it again, without -m.',
};

function notRecovered(database: string, stopAt: string | undefined): Failure {
  const name = quoteIdentifier(database);
  const why = stopAt === undefined ? '' : `: the log backups end before ${stopAt}`;
  return new Failure(
    'not-recovered',
    `every backup was restored, but database ${name} is still RESTORING${why}`,
    {
      hints: [
        'Restore the next log backups as well: they may be named alone now.',
        `Or take the database as it is: RESTORE DATABASE ${name} WITH RECOVERY;`,
      ],
    },
  );
}
