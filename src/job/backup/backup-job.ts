// The story of one backup, from the checks before any work to the durable file under its final name.
// Each step is a method; what exists at any moment is in #parts, so that the one teardown can end it.

import { randomUUID } from 'node:crypto';
import type { StoredStripe } from '../../archive/writer/stripe-writer.js';
import type { Abort } from '../../base/abort.js';
import type { BackupSummary, Emit } from '../../base/events.js';
import { asError, type Failure } from '../../errors.js';
import { FramePool } from '../../memory/frame-pool.js';
import { BackupPipeline, completionCode } from '../../pipeline/compress/backup-pipeline.js';
import { CompressPool } from '../../pipeline/compress/compress-pool.js';
import { Throttle } from '../../pipeline/compress/throttle.js';
import { pipelineShape } from '../../pipeline/pipeline-shape.js';
import { statementFailure } from '../../sql/message/statement-failure.js';
import { openSession } from '../../sql/open-session.js';
import type { SqlSession } from '../../sql/sql-session.js';
import { claimConsole, type LibraryConsole } from '../../system/library-console.js';
import { openDeviceSet } from '../../vdi/open-device-set.js';
import { completeEnabled } from '../../vdi/threaded-device-set.js';
import type { DeviceEnd } from '../../vdi/virtual-device-set.js';
import type { BackupRequest } from '../request/backup-request.js';
import { JobProgress } from '../serving/job-progress.js';
import { configuredEvent, ServedDevices } from '../serving/served-devices.js';
import { answered, type Side, watchForStall } from '../serving/stall-watch.js';
import { type JobParts, teardown } from '../serving/teardown.js';
import { WatchedStatement } from '../serving/watched-statement.js';
import { StripeFiles } from '../stripe-files.js';
import { planLines, plannedStatement } from './backup-plan.js';
import { askServer } from './backup-preflight.js';
import { BackupRecord } from './backup-record.js';

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
    await run.undo();
    throw abort.cause ?? thrown;
  }
}

class BackupRun {
  readonly #request: BackupRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #setId = randomUUID();
  readonly #progress: JobProgress;
  readonly #parts: JobParts = {};
  readonly #record: BackupRecord;
  readonly #speakOn: (descriptor: number) => void;
  #console: LibraryConsole | undefined;
  #endWatch: () => void = () => undefined;

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
    this.#progress = new JobProgress(emit, 'storing');
    this.#record = new BackupRecord(request, this.#setId);
    abort.onAbort((cause) => emit({ event: 'aborting', reason: cause.message }));
  }

  async tell(): Promise<BackupSummary> {
    const files = await this.#abort.race(StripeFiles.check(this.#request));
    this.#parts.discard = () => files.discard();
    if (this.#request.dryRun) return this.#rehearse();

    // Threads first: they start up while the connection is being made.
    const shape = pipelineShape(this.#request.files.length, this.#request.threads);
    const pool = FramePool.create(shape.slotCount, shape.frameSize, shape.slotCapacity);
    const compressor = this.#openCompressor(pool);
    this.#console = claimConsole();
    this.#speakOn(this.#console.stderr);
    const devices = this.#openDevices(pool);
    const session = await this.#connect();
    const answers = await this.#answered(askServer(session, this.#request, this.#emit));

    // Words that --with cannot say are refused here, before anything is made.
    const text = plannedStatement(this.#request, devices.set.deviceNames, answers);
    await this.#abort.race(files.create(this.#console.stdout));
    const pipeline = this.#openPipeline(pool, compressor, files, devices);
    devices.set.create(answers.server.instanceName ?? this.#request.connection.instance);
    const statement = this.#execute(session, text, devices);
    this.#watch(pipeline, devices);
    const configuration = await statement.orServerWords(() => devices.set.configured());
    this.#parts.opened = true;
    await this.#abort.race(
      files.begin(this.#record.header(answers, configuration, shape.frameSize)),
    );
    await statement.orServerWords(async () => devices.set.openDevices());
    this.#emit(configuredEvent(configuration));
    devices.serve({
      frame: (device, slot, bytes) => pipeline.frame(device, slot, bytes),
      barrier: (device) => pipeline.barrier(device),
      end: () => undefined,
    });
    await this.#sealRest(await devices.closed(), pipeline, completeEnabled(configuration));
    await this.#closeDevices(devices);

    await statement.success();
    // From here on nothing aborts: SQL Server counts on this backup (a log may be truncated already).
    this.#endWatch();
    const stored = await files.finish(this.#record.trailer(this.#progress.elapsedMs, new Date()));
    await files.publish();
    return this.#farewell(files, stored, session);
  }

  /** See teardown.ts for the order. */
  async undo(): Promise<void> {
    this.#progress.stop();
    this.#endWatch();
    for (const message of await teardown(this.#parts, this.#abort)) {
      this.#emit({ event: 'warning', code: 'left-behind', message });
    }
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'library', line });
  }

  /** Dry run: everything is asked, nothing is made. */
  async #rehearse(): Promise<BackupSummary> {
    const names = this.#request.files.map((_, device) =>
      device === 0 ? this.#setId : `${this.#setId}-${device}`,
    );
    const session = await this.#connect();
    const answers = await this.#answered(askServer(session, this.#request, this.#emit));
    const statement = plannedStatement(this.#request, names, answers);
    this.#emit({
      event: 'plan',
      statement,
      files: this.#request.files,
      lines: planLines(this.#request),
    });
    await session.close();
    return this.#record.summary([], this.#progress);
  }

  async #connect(): Promise<SqlSession> {
    const session = await this.#abort.race(openSession(this.#request.connection));
    this.#parts.session = session;
    return session;
  }

  #openDevices(pool: FramePool): ServedDevices {
    const { files, vdiLibrary } = this.#request;
    const set = openDeviceSet({
      name: this.#setId,
      deviceCount: files.length,
      direction: 'backup',
      pool,
      ...(vdiLibrary !== undefined && { library: vdiLibrary }),
    });
    this.#parts.devices = set;
    return new ServedDevices(set, this.#abort, completionCode);
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
      writers: files.writers.map((writer, stripe) => ({
        appendFrame: (bytes, rawBytes) => writer.appendFrame(bytes, rawBytes),
        seal: () => writer.seal(this.#record.trailer(this.#progress.elapsedMs)(stripe)),
      })),
      observe: (device, bytes) => this.#record.observe(device, bytes),
      onFailure: devices.fileFailed,
    });
  }

  #answered<T>(questions: Promise<T>): Promise<T> {
    return answered(questions, this.#request.stallTimeout, this.#abort);
  }

  #execute(session: SqlSession, text: string, devices: ServedDevices): WatchedStatement {
    const statement = new WatchedStatement(session, text, {
      abort: this.#abort,
      emit: this.#emit,
      onProgress: (percent) => this.#progress.heard(percent),
      onMessage: (message) => this.#record.heard(message),
      failureOf: statementFailure,
      onSuccess: () => devices.statementSucceeded(),
    });
    this.#parts.statement = statement.running;
    return statement;
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
  async #sealRest(
    ends: readonly DeviceEnd[],
    pipeline: BackupPipeline,
    completeExpected: boolean,
  ): Promise<void> {
    const unsealed = ends.filter(({ completed }) => !completed);
    if (unsealed.length === 0) return;
    await this.#abort.race(pipeline.drained());
    for (const { device } of unsealed) await this.#abort.race(pipeline.barrier(device));
    if (!completeExpected) return;
    const message = 'SQL Server closed a device without asking for its completion (VDC_Complete)';
    this.#emit({ event: 'warning', code: 'complete-missing', message });
  }

  /** Every device was closed by the server: the set's memory goes before SQL Server's verdict is awaited. */
  async #closeDevices(devices: ServedDevices): Promise<void> {
    delete this.#parts.devices;
    devices.close();
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
    for (const warning of this.#record.streamWarnings()) this.#emit(warning);
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'debug', message: line });
    this.#warnIfTooLate();
    await Promise.all([session.close(), files.release()]);
    return this.#record.summary(stored, this.#progress);
  }
}

/** Who is being waited for: the pipeline's own end first, because a full pipeline makes SQL Server wait too. */
function stuckSide(
  pipeline: BackupPipeline,
  devices: ServedDevices,
): { side: Side; detail: string } {
  if (pipeline.waitsFor === 'disk')
    return { side: 'the destination', detail: 'a write or fsync has not come back' };
  if (pipeline.waitsFor === 'compression')
    return { side: 'compression', detail: 'a frame is not ready' };
  return { side: 'SQL Server', detail: `devices: ${devices.activities}` };
}
