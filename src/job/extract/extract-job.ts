// The story of one extraction: the native backup out of whatever form it is stored in, into a file born by
// rename, or to stdout. Salvage keeps the good prefix of a damaged file, and still says that it is damaged.

import { finishedArchive, openBackup, openToSalvage } from '../../archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Abort } from '../../base/abort.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { ReadPipeline } from '../../pipeline/decompress/read-pipeline.ts';
import { checkDestinations, refuseSource } from '../../storage/destination.ts';
import type { DestinationLock } from '../../storage/file/destination-lock.ts';
import { type PublicationWarning, publish } from '../../storage/file/publication.ts';
import type { Sink } from '../../storage/sink.ts';
import type { Source } from '../../storage/source.ts';
import { openStdoutSink } from '../../storage/stdout-sink.ts';
import { lateness } from '../files/last-steps.ts';
import { createPartial, lockOut } from '../files/run-lock.ts';
import { JobProgress } from '../serving/job-progress.ts';
import { describeBackup } from '../sets/backup-description.ts';
import type { ExtractRequest, ExtractSummary } from './extract-request.ts';

const stdoutPath = '-';
const stdoutDescriptor = 1;

/** Throws the root cause of anything but a whole, durable result; then nothing is left, except for a salvage. */
export async function extractJob(
  request: ExtractRequest,
  abort: Abort,
  emit: Emit,
): Promise<ExtractSummary> {
  const run = new ExtractRun(request, abort, emit);
  try {
    return await run.tell();
  } catch (thrown) {
    await run.undo();
    // What failed when names were changed says where the bytes are.
    throw run.publishing ? thrown : (abort.cause ?? thrown);
  } finally {
    run.end();
  }
}

interface Target {
  readonly sink: Sink;
  readonly publish: (late: Promise<never>) => Promise<readonly PublicationWarning[]>;
}

class ExtractRun {
  readonly #request: ExtractRequest;
  readonly #abort: Abort;
  readonly #emit: Emit;
  readonly #progress: JobProgress;
  readonly #counters = { rawBytes: 0, storedBytes: 0 };
  #lock: DestinationLock | undefined;
  #source: Source | undefined;
  #sink: Sink | undefined;
  #pipeline: ReadPipeline | undefined;
  /** Every byte is durable, and only the name is missing: an abort comes too late. */
  #publishing = false;

  constructor(request: ExtractRequest, abort: Abort, emit: Emit) {
    this.#request = request;
    this.#abort = abort;
    this.#emit = emit;
    this.#progress = new JobProgress(emit, 'reading');
  }

  async tell(): Promise<ExtractSummary> {
    const { threads } = this.#request;
    const { backup, flaw } = await this.#abort.race(this.#open());
    this.#source = backup.source;
    if (backup.form === 'archive' && !this.#request.salvage)
      await this.#abort.race(finishedArchive(backup));
    await this.#abort.race(this.#warnOfStripe(backup));
    await this.#lockOut();
    this.#pipeline = new ReadPipeline(threads);
    const { sink, publish } = await this.#abort.race(this.#create());
    this.#sink = sink;
    this.#progress.watch(this.#counters);
    const loss = await this.#copy(backup, this.#pipeline, sink);
    const losses = [flaw, loss].filter((each) => each !== undefined);
    if (losses.length > 0 && this.#counters.rawBytes === 0) throw nothingSalvaged(losses);
    const kept = loss ? 'good bytes' : 'bytes, all that it holds,';
    await this.#abort.race(sink.sync());
    await sink.close();
    const { late, end } = lateness(0, this.#abort);
    this.#publishing = true;
    for (const warning of await publish(late)) this.#emit({ event: 'warning', ...warning });
    end();
    if (losses.length === 0) this.#progress.complete();
    this.#progress.say();
    if (losses.length > 0) throw this.#salvaged(losses, kept);
    return this.#summary();
  }

  async #open(): Promise<{ readonly backup: StoredBackup; readonly flaw?: Failure }> {
    const { file, salvage } = this.#request;
    return salvage ? openToSalvage(file) : { backup: await openBackup(file) };
  }

  /** What comes out of one stripe is one file of several that RESTORE wants together. */
  async #warnOfStripe(backup: StoredBackup): Promise<void> {
    const said = backup.form === 'archive' ? backup.header : describeBackup(backup, 1, 1);
    // A damaged file says nothing, and why is said when its bytes are read.
    const { stripe, stripes } = await Promise.resolve(said).catch(() => ({
      stripe: 1,
      stripes: 1,
    }));
    if (stripes < 2) return;
    const message = `${this.#request.file} is stripe ${stripe} of ${stripes}: RESTORE needs all of them`;
    this.#emit({ event: 'warning', code: 'one-stripe', message });
  }

  get publishing(): boolean {
    return this.#publishing;
  }

  /** Removes what was not published. */
  async undo(): Promise<void> {
    await this.#sink?.discard();
  }

  end(): void {
    this.#progress.stop();
    void this.#pipeline?.close();
    void this.#lock?.release();
    // After an abort a read may be under way and never end: its descriptor goes with the process.
    if (!this.#abort.cause) void this.#source?.close();
  }

  async #lockOut(): Promise<void> {
    const { file, out, overwrite } = this.#request;
    if (out === stdoutPath) return;
    const [destination] = await this.#abort.race(checkDestinations([out], { overwrite }));
    if (!destination) return;
    await this.#abort.race(refuseSource(destination, file));
    this.#lock = await this.#abort.race(lockOut(destination));
  }

  async #create(): Promise<Target> {
    const { out, overwrite } = this.#request;
    if (out === stdoutPath)
      return { sink: openStdoutSink(stdoutDescriptor), publish: async () => [] };
    const sink = await createPartial(out);
    return { sink, publish: async (late) => (await publish([sink], { overwrite, late })).warnings };
  }

  /** Copies everything; a salvage returns what ended it early. */
  async #copy(
    backup: StoredBackup,
    pipeline: ReadPipeline,
    sink: Sink,
  ): Promise<Failure | undefined> {
    const reader = pipeline.read(backup, { sums: false, tolerant: false });
    this.#abort.onAbort(() => void reader.stop());
    try {
      for (;;) {
        const piece = await this.#abort.race(reader.next());
        if (!piece) break;
        await this.#abort.race(sink.write(pipeline.bytes(piece), piece.rawOffset));
        this.#counters.rawBytes += piece.bytes;
        this.#counters.storedBytes = piece.storedEnd;
        this.#progress.heard((100 * piece.storedEnd) / backup.source.bytes);
        reader.release(piece);
      }
      if (backup.form === 'archive') await finishedArchive(backup);
      this.#counters.storedBytes = backup.source.bytes;
      return undefined;
    } catch (thrown) {
      return this.#loss(thrown);
    }
  }

  #loss(thrown: unknown): Failure {
    const lost = thrown instanceof Failure && thrown.kind === 'integrity' ? thrown : undefined;
    if (!this.#request.salvage || this.#abort.cause || !lost) throw asError(thrown);
    return lost;
  }

  #salvaged(losses: readonly Failure[], kept: string): Failure {
    const message = `${words(losses)}; ${this.#counters.rawBytes} ${kept} were salvaged`;
    return new Failure('salvaged', message, {
      cause: losses[0],
      hints: [
        'SQL Server does not restore a mere beginning: vdibackup verify tells whether the salvaged backup is whole',
      ],
    });
  }

  #summary(): ExtractSummary {
    const { file, out } = this.#request;
    return { job: 'extract', file, out, ...this.#counters, elapsedMs: this.#progress.elapsedMs };
  }
}

/** A file without a byte would only stand in the way, perhaps in the place of a good one. */
function nothingSalvaged(losses: readonly Failure[]): Failure {
  return new Failure('nothing-salvaged', `${words(losses)}; nothing was salvaged`, {
    cause: losses[0],
    hints: ['copy the file again from where it was made, or take a new backup'],
  });
}

function words(losses: readonly Failure[]): string {
  return losses.map(({ message }) => message).join('; and ');
}
