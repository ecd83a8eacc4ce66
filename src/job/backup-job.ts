// The story of one backup, from the checks before any work to the durable file under its final name.
// Each step is a method; what exists at any moment is in #parts, so that the one teardown can end it.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Abort } from '../abort.ts';
import type { StoredStripe } from '../archive/stripe-writer.ts';
import { asError, Failure } from '../errors.ts';
import type { BackupSummary, Emit } from '../events.ts';
import { FramePool } from '../frame-pool.ts';
import { BackupPipeline } from '../pipeline/backup-pipeline.ts';
import { CompressPool } from '../pipeline/compress-pool.ts';
import { pipelineShape } from '../pipeline/pipeline-shape.ts';
import { Throttle } from '../pipeline/throttle.ts';
import { backupStatement } from '../sql/backup-statement.ts';
import { progressPercent } from '../sql/messages.ts';
import { openMssqlSession } from '../sql/mssql-session.ts';
import type { RunningStatement, SqlMessage, SqlSession } from '../sql/sql-session.ts';
import { statementFailure } from '../sql/statement-failure.ts';
import { vdiAborted } from '../vdi/hresult.ts';
import { claimConsole, type LibraryConsole } from '../vdi/library-console.ts';
import { openDeviceSet } from '../vdi/open-device-set.ts';
import { completeEnabled } from '../vdi/threaded-device-set.ts';
import type { DeviceConfiguration } from '../vdi/virtual-device-set.ts';
import { BackupDevices, serverWordsMs } from './backup-devices.ts';
import { askServer, type ServerAnswers } from './backup-preflight.ts';
import { BackupProgress } from './backup-progress.ts';
import { BackupRecord, plain } from './backup-record.ts';
import type { BackupRequest } from './backup-request.ts';
import { type Side, watchForStall } from './stall-watch.ts';
import { StripeFiles } from './stripe-files.ts';
import { type JobParts, teardown } from './teardown.ts';

/**
 * Backs up one database. Returns only after a durable success: every byte fsynced before SQL Server was
 * told so, Msg 3014 seen, the files renamed, their folders fsynced. Throws the root cause of anything else,
 * after everything was undone.
 */
export async function backupJob(
  request: BackupRequest,
  abort: Abort,
  emit: Emit,
): Promise<BackupSummary> {
  const run = new BackupRun(request, abort, emit);
  try {
    return await run.tell();
  } catch (thrown) {
    abort.raise(asError(thrown));
    await run.undo();
    throw abort.cause ?? thrown;
  }
}

/** How long SQL Server may take to answer the attention of an abort after the last byte, ms. */
const verdictAfterAbortMs = 2000;

class BackupRun {
  readonly #request: BackupRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #setId = randomUUID();
  readonly #progress: BackupProgress;
  readonly #parts: JobParts = {};
  readonly #record: BackupRecord;
  #console: LibraryConsole | undefined;
  #endWatch: () => void = () => undefined;

  constructor(request: BackupRequest, abort: Abort, emit: Emit) {
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#progress = new BackupProgress(emit);
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
    this.#console = claimConsole();
    const devices = this.#openDevices(pool);
    const compressor = this.#openCompressor(pool);
    const session = await this.#connect();
    const answers = await this.#abort.race(askServer(session, this.#request, this.#emit));

    // Words that --with cannot say are refused here, before anything is made.
    const text = this.#statement(devices.set.deviceNames, answers);
    await this.#abort.race(files.create(this.#console.stdout));
    const pipeline = this.#openPipeline(pool, compressor, files, devices);
    devices.set.create(answers.server.instanceName ?? this.#request.connection.instance);
    const statement = this.#execute(session, text);
    this.#watch(pipeline, devices);
    const configuration = await this.#orServerWords(() => devices.set.configured());
    this.#parts.opened = true;
    await this.#abort.race(
      files.begin(this.#record.header(answers, configuration, shape.frameSize)),
    );
    await this.#orServerWords(async () => devices.set.openDevices());
    this.#emit(configuredEvent(configuration));
    await devices.serve(pipeline);
    await this.#abort.race(pipeline.drained());
    await this.#closeDevices(devices);

    await this.#success(statement);
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
    const answers = await this.#abort.race(askServer(session, this.#request, this.#emit));
    const statement = this.#statement(names, answers);
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
    const session = await this.#abort.race(openMssqlSession(this.#request.connection));
    this.#parts.session = session;
    return session;
  }

  #openDevices(pool: FramePool): BackupDevices {
    const { files, vdiLibrary } = this.#request;
    const set = openDeviceSet({
      name: this.#setId,
      deviceCount: files.length,
      direction: 'backup',
      pool,
      ...(vdiLibrary !== undefined && { library: vdiLibrary }),
    });
    this.#parts.devices = set;
    return new BackupDevices(set, this.#abort);
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
    devices: BackupDevices,
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

  #statement(deviceNames: readonly string[], { server, databaseName }: ServerAnswers): string {
    const { type, compression, checksum, transferSize, bufferCount, blockSize, name, description } =
      this.#request;
    return backupStatement({
      database: databaseName,
      type,
      deviceNames,
      compression: compression.kind,
      checksum,
      transferSize,
      bufferCount,
      blockSize,
      name,
      description,
      with: this.#request.with,
      serverMajor: server.productMajor,
    });
  }

  #execute(session: SqlSession, text: string): RunningStatement {
    this.#emit({ event: 'debug', message: 'statement', data: { text } });
    const statement = session.execute(text, (message) => this.#heard(message));
    this.#parts.statement = statement;
    // A statement that fails, in whatever phase, ends the job; its words are the root cause unless ours came first.
    void statement.outcome.then((outcome) => {
      const failure = statementFailure(outcome);
      if (failure) this.#abort.raise(failure);
    });
    return statement;
  }

  #heard(message: SqlMessage): void {
    const percent = progressPercent(message);
    this.#progress.heard(percent);
    if (percent !== undefined) return;
    this.#record.heard(message);
    this.#emit({ event: 'sql-message', ...plain(message) });
  }

  /** A set that SQL Server aborted does not say why: the message arrives on the other wire, a little later. */
  async #orServerWords<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await this.#abort.race(step());
    } catch (thrown) {
      const aborted = thrown instanceof Failure && thrown.code === vdiAborted;
      if (aborted) await this.#abort.race(sleep(serverWordsMs, undefined, { ref: false }));
      throw thrown;
    }
  }

  #watch(pipeline: BackupPipeline, devices: BackupDevices): void {
    this.#progress.watch(pipeline);
    const gauges = { moved: () => this.#progress.moved, side: () => stuckSide(pipeline, devices) };
    this.#endWatch = watchForStall(this.#request.stallTimeout, gauges, (failure: Failure) =>
      this.#abort.raise(failure),
    );
  }

  /** Every device was closed by the server: the set's memory goes before SQL Server's verdict is awaited. */
  async #closeDevices(devices: BackupDevices): Promise<void> {
    delete this.#parts.devices;
    devices.set.close();
  }

  /**
   * SQL Server's verdict, once all its devices are closed. An abort now can only be an attention, and may
   * come too late: if SQL Server says 3014 all the same, the backup counts and is kept.
   */
  async #success(statement: RunningStatement): Promise<void> {
    this.#abort.onAbort(() => statement.cancel());
    const late = new Promise<undefined>((resolve) => {
      this.#abort.onAbort(() => setTimeout(() => resolve(undefined), verdictAfterAbortMs).unref());
      this.#abort.onHurry(() => resolve(undefined));
    });
    const outcome = await Promise.race([statement.outcome, late]);
    const failure = outcome && statementFailure(outcome);
    if (failure || !outcome) throw this.#abort.cause ?? failure;
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

function configuredEvent({
  deviceCount,
  blockSize,
  maxTransferSize,
  features,
}: DeviceConfiguration) {
  return {
    event: 'configured',
    devices: deviceCount,
    blockSize,
    transferSize: maxTransferSize,
    completeEnabled: completeEnabled({ deviceCount, blockSize, maxTransferSize, features }),
  } as const;
}

function planLines({ compression, threads, transferSize, overwrite }: BackupRequest): string[] {
  const how =
    compression.kind === 'zstd'
      ? `zstd level ${compression.level} on ${threads} threads`
      : compression.kind;
  return [
    `compression: ${how}`,
    `transfer size: ${transferSize} bytes`,
    `existing files: ${overwrite ? 'replaced after success' : 'refused'}`,
  ];
}

/** Who is being waited for: the pipeline's own end first, because a full pipeline makes SQL Server wait too. */
function stuckSide(
  pipeline: BackupPipeline,
  devices: BackupDevices,
): { side: Side; detail: string } {
  if (pipeline.waitsFor === 'disk')
    return { side: 'the destination', detail: 'a write or fsync has not come back' };
  if (pipeline.waitsFor === 'compression')
    return { side: 'compression', detail: 'a frame is not ready' };
  const activities = devices.set.deviceNames.map((_, device) => devices.set.activity(device));
  return { side: 'SQL Server', detail: `devices: ${[...new Set(activities)].join(', ')}` };
}
