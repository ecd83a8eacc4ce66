// The story of `verify --verifyonly`: who SQL Server is, the files by themselves, then RESTORE VERIFYONLY of every backup
// set in them through virtual devices. SQL Server is asked only about bytes that are as they were written.

import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { checkVersion } from '../../sql/facts/restore-preflight.ts';
import type { ServerFacts } from '../../sql/facts/server-facts.ts';
import { verificationFailure } from '../../sql/message/statement-failure.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { restoreStatement } from '../../sql/statement/restore-statement.ts';
import { ReadCounters } from '../reading/read-counters.ts';
import { ReadingRun, type SpeakOn } from '../reading/reading-run.ts';
import { type ServedSet, servedSets } from '../reading/served-sets.ts';
import { ownReading, partsOf, serverReading } from '../serving/job-progress.ts';
import { meetServer } from '../serving/meet-server.ts';
import { configuredEvent } from '../serving/served-devices.ts';
import { answered } from '../serving/stall-watch.ts';
import { openSets } from '../sets/restore-sets.ts';
import { ServerVerifyRecord } from './server-verify-record.ts';
import type { ServerVerifyRequest } from './server-verify-request.ts';
import { unlessStalled, verifyFiles } from './verify-job.ts';
import { passes, type VerifyReport } from './verify-report.ts';

export interface ServerVerifyResult {
  readonly report: VerifyReport;
  /** Why SQL Server did not call everything valid; undefined also when the files themselves are damaged. */
  readonly failure: Error | undefined;
}

/**
 * Damage of the files is in the report; so is, with `failure` beside it, whatever happened after the files were read.
 * Throws what kept the report from being made.
 */
export async function serverVerifyJob(
  request: ServerVerifyRequest,
  abort: Abort,
  emit: Emit,
  speakOn: SpeakOn,
): Promise<ServerVerifyResult> {
  const verification = new ServerVerification(request, abort, emit, speakOn);
  try {
    return { report: await verification.tell(), failure: undefined };
  } catch (thrown) {
    abort.raise(asError(thrown));
    await verification.undo();
    const failure = abort.cause ?? asError(thrown);
    const report = verification.report(failure);
    if (!report) throw failure;
    return { report, failure: inContext(failure) };
  } finally {
    await verification.end();
  }
}

class ServerVerification {
  readonly #request: ServerVerifyRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #speakOn: SpeakOn;
  readonly #counters = new ReadCounters();
  readonly #run: ReadingRun;
  readonly #record = new ServerVerifyRecord();
  #files: VerifyReport | undefined;

  constructor(request: ServerVerifyRequest, abort: Abort, emit: Emit, speakOn: SpeakOn) {
    this.#request = request;
    this.#abort = abort;
    this.#emit = (event) => {
      this.#record.heard(event);
      emit(event);
    };
    this.#speakOn = speakOn;
    this.#run = new ReadingRun(request, abort, this.#emit, this.#counters);
  }

  /** A wrong password is said before the files are read, which may take hours. */
  async tell(): Promise<VerifyReport> {
    const session = await this.#run.open.connect(this.#request.connection);
    const asked = meetServer(session, this.#request, this.#emit);
    const server = await answered(asked, this.#request.stallTimeout, this.#abort);
    this.#files = await this.#readFiles();
    if (passes(this.#files)) await this.#askServer(session, server, this.#files);
    this.#run.finish();
    this.#run.sayLast();
    await session.close();
    return this.#record.complete(this.#files);
  }

  #readFiles(): Promise<VerifyReport> {
    const { stallTimeout } = this.#request;
    const reading = { stallTimeout, abort: this.#abort, emit: this.#emit };
    return unlessStalled(reading, (emit) =>
      verifyFiles(this.#request, this.#abort, emit, ownReading),
    );
  }

  undo(): Promise<void> {
    return this.#run.undo();
  }

  end(): Promise<void> {
    return this.#run.end();
  }

  /** Undefined when the files were not read to their end. */
  report(failure: Error): VerifyReport | undefined {
    return this.#files && this.#record.complete(this.#files, failure);
  }

  async #askServer(session: SqlSession, server: ServerFacts, files: VerifyReport): Promise<void> {
    this.#record.begin();
    const keep = (backup: Parameters<ReadingRun['keep']>[0]) => this.#run.keep(backup);
    // What there is to warn of, the files' own verification has said.
    const silent = () => undefined;
    const opened = openSets({ files: this.#request.files, everySet: true }, keep, silent);
    const sets = servedSets(await this.#run.opened(opened), files.files);
    for (const { facts } of sets) checkVersion(facts ?? {}, server);
    this.#counters.start(files);
    this.#run.begin(this.#speakOn);
    const parts = partsOf(
      sets.map(() => undefined),
      serverReading,
    );
    for (const [index, set] of sets.entries()) {
      this.#abort.throwIfAborted();
      this.#run.progress.begin(parts[index] ?? serverReading);
      await this.#verify(session, server, set);
    }
  }

  async #verify(session: SqlSession, server: ServerFacts, set: ServedSet): Promise<void> {
    const { backups, blockSize, checksum, position, sets } = set;
    this.#record.asks(set);
    this.#emit({ event: 'checking', what: `RESTORE VERIFYONLY of ${set.title}` });
    await this.#run.read(session, server, {
      backups,
      threads: this.#request.threads,
      statement: (deviceNames) =>
        restoreStatement({
          action: 'verifyonly',
          deviceNames,
          blockSize: this.#request.blockSize ?? blockSize,
          transferSize: this.#request.transferSize,
          checksum,
          ...(sets > 1 && { with: `FILE = ${position}` }),
        }),
      failureOf: (outcome) => verificationFailure(outcome, { direction: 'restore', server }),
      onConfigured: (configuration) => this.#emit(configuredEvent(configuration)),
    });
    this.#counters.add();
    this.#record.valid();
  }
}

/** The hint of a restore, to verify the file by itself, has been followed already. */
function inContext(failure: Error): Error {
  if (!(failure instanceof Failure) || failure.code !== 'damaged-backup') return failure;
  return failure.with({
    hints: [
      'The files themselves showed no damage: what SQL Server objects to is of a kind that only it sees.',
      'Check the database they came from (DBCC CHECKDB) and take a new backup.',
    ],
  });
}
