// One RESTORE statement of any kind with the device set it reads through: made, served and closed here. The job story
// says which statement, and what its end means.

import { randomUUID } from 'node:crypto';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import type { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { FramePool } from '../../memory/frame-pool.ts';
import { readFailureCode } from '../../pipeline/completion-code.ts';
import { DecompressPool } from '../../pipeline/decompress/decompress-pool.ts';
import { RestorePipeline } from '../../pipeline/decompress/restore-pipeline.ts';
import { readShape } from '../../pipeline/pipeline-shape.ts';
import type { SqlMessage, SqlRow, SqlSession, StatementOutcome } from '../../sql/sql-session.ts';
import { feedCapacity } from '../../vdi/device-protocol.ts';
import type { DeviceConfiguration } from '../../vdi/virtual-device-set.ts';
import type { JobProgress } from '../serving/job-progress.ts';
import type { Resources } from '../serving/resources.ts';
import type { ServedDevices } from '../serving/served-devices.ts';
import { type StuckSide, sourceIsStuck } from '../serving/stall-watch.ts';
import type { WatchedStatement } from '../serving/watched-statement.ts';
import { rootCauseOf } from '../sets/source-failure.ts';

/** What every reading of a job shares. */
interface ReadingSurroundings {
  readonly session: SqlSession;
  readonly abort: Abort;
  readonly emit: Emit;
  readonly progress: JobProgress;
  readonly open: Resources;
  readonly instance: string | undefined;
  readonly vdiLibrary: string | undefined;
}

export interface ReadingPlan {
  /** One per device. */
  readonly backups: readonly StoredBackup[];
  readonly threads: number;
  readonly statement: (deviceNames: readonly string[]) => string;
  readonly failureOf: (outcome: StatementOutcome) => Failure | undefined;
  readonly onMessage?: (message: SqlMessage) => void;
  readonly onRow?: (row: SqlRow) => void;
  readonly onConfigured?: (configuration: DeviceConfiguration) => void;
}

export class RestoreReading {
  readonly #around: ReadingSurroundings;
  readonly #plan: ReadingPlan;
  readonly #devices: ServedDevices;
  readonly #decompressor: DecompressPool;
  readonly #pipeline: RestorePipeline;

  /** Threads start and files are read ahead at once; SQL Server hears nothing before `run`. */
  constructor(around: ReadingSurroundings, plan: ReadingPlan) {
    const { abort, open, vdiLibrary } = around;
    const { backups, threads } = plan;
    this.#around = around;
    this.#plan = plan;
    const shape = readShape(backups.length, threads);
    const pool = FramePool.create(shape.slotCount, shape.frameSize, shape.slotCapacity);
    this.#devices = open.openDevices(
      {
        name: randomUUID(),
        deviceCount: backups.length,
        direction: 'restore',
        pool,
        vdiLibrary,
        completionCode: readFailureCode,
      },
      abort,
    );
    this.#decompressor = new DecompressPool(threads, pool);
    this.#pipeline = new RestorePipeline({
      pool,
      decompressor: this.#decompressor,
      backups,
      feed: (device, feed) => this.#devices.set.feed(device, feed),
      feedCapacity,
      onFailure: this.#devices.fileFailed,
    });
  }

  get rawBytes(): number {
    return this.#pipeline.rawBytes;
  }

  get storedBytes(): number {
    return this.#pipeline.storedBytes;
  }

  /** Returns when SQL Server said success. Throws the root cause of anything else; `open` then clears up. */
  async run(): Promise<void> {
    const { abort, open, instance } = this.#around;
    const devices = this.#devices;
    devices.set.create(instance);
    const statement = this.#send();
    const configuration = await open.meet(statement, devices);
    this.#plan.onConfigured?.(configuration);
    abort.throwIfAborted();
    devices.serve({
      consumed: (device, slot) => this.#pipeline.consumed(device, slot),
      end: ({ device }) => this.#pipeline.ended(device),
    });
    this.#pipeline.start();
    await devices.closed();
    open.closeDevices();
    await statement.success();
    open.forgetStatement();
  }

  /** Ends reading and its threads; also after a failure, once the devices have ended. */
  async end(): Promise<void> {
    this.#pipeline.stop();
    await this.#decompressor.close();
  }

  /** Who is being waited for: the source first, because SQL Server waits for it, too. */
  get stuckSide(): StuckSide {
    if (this.#pipeline.waitsFor === 'source') return sourceIsStuck;
    return { side: 'SQL Server', detail: `devices: ${this.#devices.activities}` };
  }

  #send(): WatchedStatement {
    const { session, abort, emit, progress, open } = this.#around;
    const { statement, failureOf, onMessage, onRow } = this.#plan;
    return open.execute(session, statement(this.#devices.set.deviceNames), {
      abort,
      emit,
      onProgress: (percent) => progress.heard(percent),
      onMessage: onMessage ?? (() => undefined),
      failureOf: (outcome) => rootCauseOf(failureOf(outcome), this.#pipeline.failure),
      onSuccess: () => this.#devices.statementSucceeded(),
      ...(onRow && { onRow }),
    });
  }
}
