// What a job that gives stored backups to SQL Server has in its hands at any moment, whatever the statement: device
// set, statement, session, files, console, stall watch; and the way to let go of all of it.

import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import type { Emit } from '../../base/events.ts';
import type { ServerFacts } from '../../sql/facts/server-facts.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import type { StdinSource } from '../../storage/stdin-source.ts';
import { claimConsole, type LibraryConsole } from '../../system/library-console.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { JobProgress } from '../serving/job-progress.ts';
import { Resources } from '../serving/resources.ts';
import {
  type StallGauges,
  sourceIsStuck,
  unstalled,
  watchForStall,
} from '../serving/stall-watch.ts';
import type { ReadCounters } from './read-counters.ts';
import { type ReadingPlan, RestoreReading } from './restore-reading.ts';

/** Hears which descriptors lead to standard error and output from now on: the VDI library prints to the usual ones. */
export type SpeakOn = (stderr: number, stdout: number) => void;

type Wishes = Pick<RestoreRequest, 'connection' | 'vdiLibrary' | 'stallTimeout'>;

export class ReadingRun {
  readonly open: Resources;
  readonly progress: JobProgress;
  readonly #wishes: Wishes;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #counters: ReadCounters;
  readonly #backups: StoredBackup[] = [];
  #pipe: StdinSource | undefined;
  #reading: RestoreReading | undefined;
  #console: LibraryConsole | undefined;
  #endWatch: () => void = () => undefined;

  constructor(wishes: Wishes, abort: Abort, emit: Emit, counters: ReadCounters) {
    this.#wishes = wishes;
    this.#abort = abort;
    this.#emit = emit;
    this.#counters = counters;
    this.open = new Resources(abort);
    this.progress = new JobProgress(emit, 'reading');
  }

  /** `backup` is open and is closed at the end. */
  keep(backup: StoredBackup): void {
    this.#backups.push(backup);
  }

  /** Files that do not answer, or a pipe that never says anything, end `opening` as a stall does, where one was asked for. */
  opened<T>(opening: Promise<T>): Promise<T> {
    const moved = () => this.#backups.length + (this.#pipe?.received ?? 0);
    const gauges = { moved, side: () => sourceIsStuck };
    return unstalled(opening, this.#wishes.stallTimeout, gauges, this.#abort);
  }

  /** The beginning of a pipe is being read. */
  watchHead(source: StdinSource): void {
    this.#pipe = source;
  }

  /** The VDI library is about to be loaded, and bytes are about to move. */
  begin(speakOn: SpeakOn): void {
    this.#console = claimConsole();
    speakOn(this.#console.stderr, this.#console.stdout);
    this.progress.watch(this.#counters);
    this.#watch({
      moved: () => this.progress.moved,
      side: () => this.#reading?.stuckSide ?? { side: 'SQL Server', detail: 'no devices' },
    });
  }

  #watch(gauges: StallGauges): void {
    this.#endWatch = watchForStall(this.#wishes.stallTimeout, gauges, (failure) =>
      this.#abort.raise(failure),
    );
  }

  /**
   * Carries out one statement. Throws the root cause when it failed. `abort` is one of its own where the job may go on
   * after that, with `giveUp`.
   */
  async read(
    session: SqlSession,
    server: ServerFacts,
    plan: ReadingPlan,
    abort = this.#abort,
  ): Promise<void> {
    const { connection, vdiLibrary } = this.#wishes;
    const reading = new RestoreReading(
      {
        session,
        abort,
        emit: this.#emit,
        progress: this.progress,
        open: this.open,
        instance: server.instanceName ?? connection.instance,
        vdiLibrary,
      },
      plan,
    );
    this.#reading = reading;
    this.#counters.reads(reading);
    await reading.run();
    await reading.end();
  }

  /** After a statement that failed and whose failure does not end the job. False when its devices could not be ended. */
  async giveUp(abort: Abort): Promise<boolean> {
    const left = await this.open.endStatement(abort);
    await this.#reading?.end();
    return left.length === 0;
  }

  /** All statements have succeeded: nothing can stall now. */
  finish(): void {
    this.#endWatch();
  }

  /** The last progress, and what the VDI library had to say in a run that went well. */
  sayLast(): void {
    this.progress.complete();
    if (this.#console) this.progress.say();
    this.progress.stop();
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'debug', message: line });
  }

  /** See `Resources.undo` for the order. */
  async undo(): Promise<void> {
    this.progress.stop();
    this.#endWatch();
    for (const message of await this.open.undo())
      this.#emit({ event: 'warning', code: 'left-behind', message });
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'library', line });
  }

  /** Whatever the outcome: no thread stays, and no file but one whose closing hangs. */
  async end(): Promise<void> {
    // They were only read: nothing is lost by not waiting, and a server of files may not answer any more.
    for (const { source } of this.#backups) void source.close();
    await this.#reading?.end();
  }
}
