// The story of one restore, from the checks before any work to SQL Server's last 3014. What exists at any moment is
// in #run, so that the one teardown can end it.

import type { Abort } from '../../base/abort.js';
import type { Emit, RestoreSummary } from '../../base/events.js';
import { asError, Failure } from '../../errors.js';
import { type ListedFile, readFileList } from '../../sql/facts/file-list.js';
import { readInstancePlaces } from '../../sql/facts/instance-places.js';
import { checkRestore } from '../../sql/facts/restore-preflight.js';
import { readDatabaseFacts, type ServerFacts } from '../../sql/facts/server-facts.js';
import { queryFailure, statementFailure } from '../../sql/message/statement-failure.js';
import { openSession } from '../../sql/open-session.js';
import { quoteIdentifier } from '../../sql/quoting.js';
import type { SqlRow, SqlSession } from '../../sql/sql-session.js';
import { restoreStatement } from '../../sql/statement/restore-statement.js';
import { StdinSource } from '../../storage/stdin-source.js';
import { meetServer } from '../backup/backup-preflight.js';
import { ReadingRun, type SpeakOn } from '../reading/reading-run.js';
import { RestoreRecord } from '../reading/restore-record.js';
import type { RestoreRequest } from '../request/restore-request.js';
import { factsInTime, sayAftermath } from '../restore-aftermath.js';
import { configuredEvent } from '../serving/served-devices.js';
import { answered } from '../serving/stall-watch.js';
import { orderChain, type RestoreChain } from '../sets/restore-chain.js';
import { openSets, type RestoreSet } from '../sets/restore-sets.js';
import { checkWishes, planSteps, type RestoreStep, sizesFor, startsNew } from './restore-plan.js';

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
    abort.raise(asError(thrown));
    await run.undo();
    throw abort.cause ?? thrown;
  } finally {
    await run.end();
  }
}

/** SQL Server reads a few hundred KiB for the list of files: reading far ahead would be for nothing. */
const threadsForList = 1;

/** How long SQL Server may take to say the state of the database in the end, ms. */
const stateTimeoutMs = 10_000;

class RestoreRun {
  readonly #request: RestoreRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #speakOn: SpeakOn;
  readonly #record: RestoreRecord;
  readonly #run: ReadingRun;

  constructor(request: RestoreRequest, abort: Abort, emit: Emit, speakOn: SpeakOn) {
    this.#speakOn = speakOn;
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#record = new RestoreRecord(request);
    this.#run = new ReadingRun(request, abort, emit, this.#record.bytes);
    abort.onAbort((cause) => emit({ event: 'aborting', reason: cause.message }));
  }

  async tell(): Promise<RestoreSummary> {
    const sets = await this.#abort.race(this.#open());
    this.#run.finish();
    const chain = this.#order(sets);
    const session = await this.#connect();
    const server = await this.#answered(this.#ask(session, chain));
    const places = await this.#answered(readInstancePlaces(session));
    if (this.#request.dryRun) {
      this.#rehearse(planSteps(chain, chain.steps[0]?.files ?? [], places, this.#request), chain);
      return this.#farewell(session);
    }
    this.#run.begin(this.#speakOn);
    const listed = startsNew(chain) ? await this.#listFiles(session, server, chain) : [];
    const steps = planSteps(chain, listed, places, this.#request);
    for (const [index, step] of steps.entries()) {
      this.#abort.throwIfAborted();
      this.#announce(step, index + 1, steps.length);
      await this.#restore(session, server, step);
    }
    // From here on nothing aborts: the database is as it was asked for.
    this.#run.finish();
    return this.#farewell(session);
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
    const chain = orderChain(sets, this.#request.stopAt);
    checkWishes(chain, this.#request);
    for (const { name } of chain.skipped)
      this.#emit({
        event: 'warning',
        code: 'not-needed',
        message: `${name} is not needed: the other backups lead to the same point or beyond`,
      });
    return chain;
  }

  #answered<T>(questions: Promise<T>): Promise<T> {
    return answered(questions, this.#request.stallTimeout, this.#abort);
  }

  async #connect(): Promise<SqlSession> {
    const session = await this.#abort.race(openSession(this.#request.connection));
    this.#run.parts.session = session;
    return session;
  }

  async #ask(session: SqlSession, chain: RestoreChain<RestoreSet>): Promise<ServerFacts> {
    const { database, replace } = this.#request;
    const server = await meetServer(session, this.#request, this.#emit);
    const facts = await readDatabaseFacts(session, database);
    const softwareVersion = chain.steps[0]?.facts?.softwareVersion;
    const intent = { database, replace, startsNew: startsNew(chain), softwareVersion };
    for (const warning of checkRestore(intent, facts, server))
      this.#emit({ event: 'warning', ...warning });
    return server;
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
      failureOf: queryFailure,
      onRow: (row) => rows.push(row),
    });
    return readFileList(rows);
  }

  #announce({ set }: RestoreStep, step: number, steps: number): void {
    const { database } = this.#request;
    this.#emit({ event: 'restoring', database, backup: set.name, step, steps });
  }

  async #restore(
    session: SqlSession,
    server: ServerFacts,
    { set, input }: RestoreStep,
  ): Promise<void> {
    const { database, threads } = this.#request;
    for (const { source } of set.backups) if (source instanceof StdinSource) source.passHead();
    this.#run.parts.aftermath = (live) => sayAftermath(live, database, this.#emit);
    await this.#run.read(session, server, {
      backups: set.backups,
      threads,
      statement: (deviceNames) => restoreStatement({ ...input, deviceNames }),
      failureOf: statementFailure,
      onMessage: (message) => this.#record.heard(message),
      onConfigured: (configuration) => this.#emit(configuredEvent(configuration)),
    });
    this.#record.restored(set);
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
    const isListed = (chain.steps[0]?.files.length ?? 0) > 0 || !startsNew(chain);
    const { files, threads } = this.#request;
    this.#emit({
      event: 'plan',
      statement,
      files,
      lines: [
        `order: ${chain.steps.map(({ name }) => name).join(', ')}`,
        ...(isListed ? [] : ['files: what they are and where they go, SQL Server says in the run']),
        `decompression: ${threads} threads`,
      ],
    });
  }

  /** A log that ends before the point of STOPAT leaves the database open for the next one, and that is no error. */
  #refuseUnrecovered(state: string | undefined): void {
    const { database, end, stopAt } = this.#request;
    if (end.kind !== 'recovery' || state !== 'RESTORING') return;
    // It has been said.
    delete this.#run.parts.aftermath;
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
    // Nothing aborts any more, so nothing else would end this wait.
    const facts = await factsInTime(session, database, stateTimeoutMs);
    await session.close();
    const state = typeof facts === 'object' ? facts.state : undefined;
    if (!dryRun) this.#refuseUnrecovered(state);
    return this.#record.summary(this.#run.progress, dryRun ? undefined : state);
  }
}

function notRecovered(database: string, stopAt: string | undefined): Failure {
  const name = quoteIdentifier(database);
  const why = stopAt === undefined ? '' : `: the log backups end before ${stopAt}`;
  return new Failure(
    'database-state',
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
