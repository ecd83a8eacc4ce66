// What a job that gives stored backups to SQL Server has in its hands at any moment, whatever the statement: device
// set, statement, session, files, console, stall watch; and the way to let go of all of it.

import type { StoredBackup } from '../../archive/reader/archive-reader.js';
import type { Abort } from '../../base/abort.js';
import type { Emit } from '../../base/events.js';
import { asError } from '../../errors.js';
import type { ServerFacts } from '../../sql/facts/server-facts.js';
import type { SqlSession } from '../../sql/sql-session.js';
import type { StdinSource } from '../../storage/stdin-source.js';
import { claimConsole, type LibraryConsole } from '../../system/library-console.js';
import type { RestoreRequest } from '../request/restore-request.js';
import { JobProgress } from '../serving/job-progress.js';
import { type StallGauges, sourceIsStuck, watchForStall } from '../serving/stall-watch.js';
import { type JobParts, teardown } from '../serving/teardown.js';
import type { ReadCounters } from './read-counters.js';
import { type ReadingPlan, RestoreReading } from './restore-reading.js';

/** Hears which descriptors lead to standard error and output from now on: the VDI library prints to the usual ones. */
export type SpeakOn = (stderr: number, stdout: number) => void;

type Wishes = Pick<RestoreRequest, 'connection' | 'vdiLibrary' | 'stallTimeout'>;

export class ReadingRun {
  readonly parts: JobParts = {};
  readonly progress: JobProgress;
  readonly #wishes: Wishes;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #counters: ReadCounters;
  readonly #backups: StoredBackup[] = [];
  #reading: RestoreReading | undefined;
  #console: LibraryConsole | undefined;
  #endWatch: () => void = () => undefined;

  constructor(wishes: Wishes, abort: Abort, emit: Emit, counters: ReadCounters) {
    this.#wishes = wishes;
    this.#abort = abort;
    this.#emit = emit;
    this.#counters = counters;
    this.progress = new JobProgress(emit, 'reading');
  }

  /** `backup` is open and is closed at the end. */
  keep(backup: StoredBackup): void {
    this.#backups.push(backup);
  }

  /** The beginning of a pipe is being read: one that never says anything ends as a stall does, where one was asked for. */
  watchHead(source: StdinSource): void {
    this.#watch({ moved: () => source.received, side: () => sourceIsStuck });
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

  /** Carries out one statement. Throws the root cause when it failed. */
  async read(session: SqlSession, server: ServerFacts, plan: ReadingPlan): Promise<void> {
    const { connection, vdiLibrary } = this.#wishes;
    const reading = new RestoreReading(
      {
        session,
        abort: this.#abort,
        emit: this.#emit,
        progress: this.progress,
        parts: this.parts,
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

  /** The beginning is read, or all statements have succeeded: nothing can stall now. */
  finish(): void {
    this.#endWatch();
  }

  /** The last progress, and what the VDI library had to say in a run that went well. */
  sayLast(): void {
    if (this.#console) this.progress.say();
    this.progress.stop();
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'debug', message: line });
  }

  /** See teardown.ts for the order. */
  async undo(): Promise<void> {
    this.progress.stop();
    this.#endWatch();
    for (const message of await teardown(this.parts, this.#abort))
      this.#emit({ event: 'warning', code: 'left-behind', message });
    for (const line of this.#console?.said() ?? []) this.#emit({ event: 'library', line });
  }

  /** Whatever the outcome: no thread and no file stays open. */
  async end(): Promise<void> {
    await Promise.all([
      this.#reading?.end(),
      ...this.#backups.map(({ source }) => source.close().catch(asError)),
    ]);
  }
}
