// The story of one backup, from the checks before any work to the durable file under its final name.
// Each step is a method; what is open at any moment is in #open, which alone can end it.

import { randomUUID } from 'node:crypto';
import type { StoredStripe } from '../../archive/writer/stripe-writer.ts';
import type { Abort } from '../../base/abort.ts';
import { asError, type Failure } from '../../base/errors.ts';
import type { BackupSummary, Emit } from '../../base/events.ts';
import { FramePool } from '../../memory/frame-pool.ts';
import { completionCode } from '../../pipeline/completion-code.ts';
import { BackupPipeline } from '../../pipeline/compress/backup-pipeline.ts';
import { CompressPool } from '../../pipeline/compress/compress-pool.ts';
import { Throttle } from '../../pipeline/compress/throttle.ts';
import { pipelineShape } from '../../pipeline/pipeline-shape.ts';
import type { ServerFacts } from '../../sql/facts/server-facts.ts';
import { statementFailure } from '../../sql/message/statement-failure.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { claimConsole, type LibraryConsole } from '../../system/library-console.ts';
import { completeEnabled } from '../../vdi/threaded-device-set.ts';
import type { DeviceEnd } from '../../vdi/virtual-device-set.ts';
import { lateness } from '../files/last-steps.ts';
import { StripeFiles } from '../files/stripe-files.ts';
import { type KeptFile, mayCount, unconfirmedFailure } from '../files/unconfirmed-backup.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import { JobProgress } from '../serving/job-progress.ts';
import { Resources } from '../serving/resources.ts';
import { configuredEvent, type ServedDevices } from '../serving/served-devices.ts';
import {
  answered,
  destinationIsStuck,
  unlessStuck,
  watchForStall,
} from '../serving/stall-watch.ts';
import type { WatchedStatement } from '../serving/watched-statement.ts';
import { planLines, plannedStatement } from './backup-plan.ts';
import { askServer, checkReplaced, nameFiles, type ServerAnswers } from './backup-preflight.ts';
import { BackupRecord } from './backup-record.ts';
import { stuckSide } from './backup-stuck-side.ts';

/**
 * Backs up one database. Returns only after a durable success: every byte fsynced before SQL Server was
 * told so, Msg 3014 seen, the files renamed, their folders fsynced. Throws the root cause of anything else,
 * after everything was undone. `speakOn` hears which descriptor leads to standard error from now on: the VDI
 * library may print on the usual one.
 */
export async function backupJob(
  request: BackupRequest,
  abort: Abort,
  emit: Emit,
  speakOn: (descriptor: number) => void = () => undefined,
): Promise<BackupSummary> {
  const run = new BackupRun(request, abort, emit, speakOn);
  try {
    return await run.tell();
  } catch (thrown) {
    abort.raise(asError(thrown));
    const kept = await run.undo();
    // After Msg 3014 an abort changes nothing: what failed then says where the backup is.
    const cause = run.confirmed ? asError(thrown) : (abort.cause ?? asError(thrown));
    throw kept ? unconfirmedFailure(cause, run.setId, kept) : cause;
  }
}

class BackupRun {
  #request: BackupRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly setId: string = randomUUID();
  readonly #progress: JobProgress;
  readonly #open: Resources;
  #record: BackupRecord;
  readonly #speakOn: (descriptor: number) => void;
  #console: LibraryConsole | undefined;
  #endWatch: () => void = () => undefined;
  #devices: ServedDevices | undefined;
  #statement: WatchedStatement | undefined;
  #completeExpected = true;
  /** Every stripe was sealed after SQL Server had closed the devices. */
  #sealed = false;
  /** SQL Server has reported success, and the job knows it. */
  #confirmed = false;
  #kept: readonly KeptFile[] | undefined;

  constructor(
    request: BackupRequest,
    abort: Abort,
    emit: Emit,
    speakOn: (descriptor: number) => void,
  ) {
    this.#request = request;
    this.#speakOn = speakOn;
    this.#abort = abort;
    this.#emit = emit;
    this.#open = new Resources(abort);
    this.#progress = new JobProgress(emit, 'storing');
    this.#record = new BackupRecord(request, this.setId);
  }

  async tell(): Promise<BackupSummary> {
    // Whether the name of the database is enough for theirs, SQL Server says.
    const early = this.#request.twinFiles ? undefined : await this.#checkFiles();
    if (this.#request.dryRun) return this.#rehearse();

    // Threads first: they start up while the connection is being made.
    const shape = pipelineShape(this.#request.files.length, this.#request.threads);
    const pool = FramePool.create(shape.slotCount, shape.frameSize, shape.slotCapacity);
    const compressor = this.#openCompressor(pool);
    this.#console = claimConsole();
    this.#speakOn(this.#console.stderr);
    const devices = this.#openDevices(pool);
    const session = await this.#open.connect(this.#request.connection);
    const answers = await this.#ask(session);
    const files = early ?? (await this.#checkFiles());

    // Words that --with cannot say are refused here, before anything is made.
    const text = plannedStatement(this.#request, devices.set.deviceNames, answers);
    await this.#prepared(files.create(this.#console.stdout, this.#emit));
    // The partial files keep other runs out: what is there now is what would be replaced.
    await this.#prepared(checkReplaced(session, this.#request, answers));
    const pipeline = this.#openPipeline(pool, compressor, files, devices);
    devices.set.create(answers.server.instanceName ?? this.#request.connection.instance);
    const statement = this.#execute(session, answers.server, text, devices);
    this.#watch(pipeline, devices);
    const configuration = await this.#open.meet(statement, devices, async (configured) => {
      this.#completeExpected = completeEnabled(configured);
      const header = this.#record.header(answers, configured, shape.frameSize);
      await this.#abort.race(files.begin(header));
    });
    this.#emit(configuredEvent(configuration));
    devices.serve({
      frame: (device, slot, bytes) => pipeline.frame(device, slot, bytes),
      barrier: (device) => pipeline.barrier(device),
      end: () => undefined,
    });
    const ends = await devices.closed();
    await this.#sealRest(ends, pipeline);
    this.#sealed = ends.every(({ how }) => how === 'closed');
    this.#open.closeDevices();

    await statement.success();
    this.#confirmed = true;
    // From here on nothing aborts: SQL Server counts on this backup (a log may be truncated already).
    this.#endWatch();
    const { late, end } = lateness(this.#request.stallTimeout, this.#abort);
    const trailer = this.#record.trailer(this.#progress.elapsedMs, new Date());
    const stored = await files.finish(trailer, late);
    for (const warning of await files.publish(late)) this.#emit({ event: 'warning', ...warning });
    end();
    return this.#farewell(files, stored, session);
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** See `Resources.undo` for the order. The files that were kept; undefined when none was to be. */
  async undo(): Promise<readonly KeptFile[] | undefined> {
    this.#progress.stop();
    this.#endWatch();
    if (this.#statement?.givenUp) this.#open.forgetStatement();
    for (const message of await this.#open.undo())
      this.#emit({ event: 'warning', code: 'left-behind', message });
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'library', line });
    return this.#kept;
  }

  /** The last step of an undone run: by now SQL Server has had its time to say how the backup ended. */
  async #letGo(files: StripeFiles): Promise<boolean> {
    const isWhole = this.#sealed && this.#record.streamWarnings().length === 0;
    const assured = isWhole || this.#devices?.assured(this.#completeExpected) === true;
    if (this.#confirmed || !mayCount(assured, this.#statement?.verdict)) return files.discard();
    this.#kept = await files.keepUnconfirmed(this.setId);
    return true;
  }

  /** Dry run: everything is asked, nothing is made. */
  async #rehearse(): Promise<BackupSummary> {
    const names = this.#request.files.map((_, device) =>
      device === 0 ? this.setId : `${this.setId}-${device}`,
    );
    const session = await this.#open.connect(this.#request.connection);
    const answers = await this.#ask(session);
    if (this.#request.twinFiles) await this.#checkFiles();
    const statement = plannedStatement(this.#request, names, answers);
    await this.#prepared(checkReplaced(session, this.#request, answers));
    this.#emit({
      event: 'plan',
      statement,
      files: this.#request.files,
      lines: planLines(this.#request),
    });
    await session.close();
    return this.#record.summary([], this.#progress);
  }

  async #checkFiles(): Promise<StripeFiles> {
    const files = await this.#prepared(StripeFiles.check(this.#request));
    this.#open.onUndo(() => this.#letGo(files));
    return files;
  }

  /** From here on it is certain what the files are called. */
  async #ask(session: SqlSession): Promise<ServerAnswers> {
    const answers = await this.#answered(askServer(session, this.#request, this.#emit));
    const named = nameFiles(session, this.#request, answers, this.#emit);
    this.#request = await this.#answered(named);
    this.#record = new BackupRecord(this.#request, this.setId);
    return answers;
  }

  #openDevices(pool: FramePool): ServedDevices {
    const { files, vdiLibrary } = this.#request;
    this.#devices = this.#open.openDevices({
      name: this.setId,
      deviceCount: files.length,
      direction: 'backup',
      pool,
      vdiLibrary,
      completionCode,
    });
    return this.#devices;
  }

  #openCompressor(pool: FramePool): CompressPool | undefined {
    const { compression, threads } = this.#request;
    return compression.kind === 'zstd'
      ? new CompressPool(threads, compression.level, pool)
      : undefined;
  }

  #openPipeline(
    pool: FramePool,
    compressor: CompressPool | undefined,
    files: StripeFiles,
    devices: ServedDevices,
  ): BackupPipeline {
    const { rate } = this.#request;
    return new BackupPipeline({
      pool,
      compressor,
      throttle: rate === undefined ? undefined : new Throttle(rate),
      writers: files.writers,
      facts: (stripe) => this.#record.trailer(this.#progress.elapsedMs)(stripe),
      observe: (device, bytes) => this.#record.observe(device, bytes),
      onFailure: devices.fileFailed,
    });
  }

  /** Folders and files that are looked at or made before any byte moves. */
  #prepared<T>(files: Promise<T>): Promise<T> {
    return unlessStuck(files, this.#request.stallTimeout, destinationIsStuck, this.#abort);
  }

  #answered<T>(questions: Promise<T>): Promise<T> {
    return answered(questions, this.#request.stallTimeout, this.#abort);
  }

  #execute(
    session: SqlSession,
    server: ServerFacts,
    text: string,
    devices: ServedDevices,
  ): WatchedStatement {
    this.#statement = this.#open.execute(session, text, {
      abort: this.#abort,
      emit: this.#emit,
      onProgress: (percent) => this.#progress.heard(percent),
      onMessage: (message) => this.#record.heard(message),
      failureOf: (outcome) => statementFailure(outcome, { direction: 'backup', server }),
      onSuccess: () => devices.statementSucceeded(),
    });
    return this.#statement;
  }

  #watch(pipeline: BackupPipeline, devices: ServedDevices): void {
    this.#progress.watch(pipeline);
    const gauges = {
      // Under --rate a frame may wait for longer than the timeout, which is no stall.
      moved: () => this.#progress.moved + (pipeline.throttled ? performance.now() : 0),
      side: () => stuckSide(pipeline, devices),
    };
    this.#endWatch = watchForStall(this.#request.stallTimeout, gauges, (failure: Failure) =>
      this.#abort.raise(failure),
    );
  }

  /**
   * What no Flush or Complete asked for is made durable all the same, before SQL Server's verdict is awaited.
   */
  async #sealRest(ends: readonly DeviceEnd[], pipeline: BackupPipeline): Promise<void> {
    const unsealed = ends.filter(({ completed }) => !completed);
    if (unsealed.length === 0) return;
    await this.#abort.race(pipeline.drained());
    for (const { device } of unsealed) await this.#abort.race(pipeline.barrier(device));
    if (!this.#completeExpected) return;
    const message = 'SQL Server closed a device without asking for its completion (VDC_Complete)';
    this.#emit({ event: 'warning', code: 'complete-missing', message });
  }

  /** Also an abort that came after Msg 3014 changed nothing. */
  #warnIfTooLate(): void {
    if (!this.#abort.cause) return;
    const message = `too late to abort (${this.#abort.cause.message}): SQL Server had already finished the backup`;
    this.#emit({ event: 'warning', code: 'too-late', message });
  }

  async #farewell(
    files: StripeFiles,
    stored: readonly StoredStripe[],
    session: SqlSession,
  ): Promise<BackupSummary> {
    this.#progress.say();
    this.#progress.stop();
    for (const event of this.#record.streamForms()) this.#emit(event);
    for (const warning of this.#record.streamWarnings()) this.#emit(warning);
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'debug', message: line });
    this.#warnIfTooLate();
    await Promise.all([session.close(), files.release()]);
    return this.#record.summary(stored, this.#progress);
  }
}
