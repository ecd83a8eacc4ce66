// All files of one backup, one per stripe, treated as one thing: checked, locked, created, finished and
// published together, or removed together.

import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { discardWaitMs, PartialFile } from '../archive/file-sink.js';
import type { ArchiveHeader } from '../archive/header.js';
import type { TrailerFacts } from '../archive/trailer.js';
import { ArchiveWriter } from '../archive/writer/archive-writer.js';
import { BareWriter } from '../archive/writer/bare-writer.js';
import type { StoredStripe, StripeWriter } from '../archive/writer/stripe-writer.js';
import { asError, Failure } from '../errors.js';
import { checkDestinations, type Destination } from '../storage/destination.js';
import { type DestinationLock, lockDestination } from '../storage/file/destination-lock.js';
import type { Sink } from '../storage/sink.js';
import { openStdoutSink } from '../storage/stdout-sink.js';
import type { BackupRequest } from './request/backup-request.js';

/** The path that means standard output. */
export const stdoutPath = '-';

/** Suffix of the checksum file of `--sha256`. */
const checksumSuffix = '.sha256';

export class StripeFiles {
  readonly #request: BackupRequest;
  readonly #locks: DestinationLock[] = [];
  readonly #partials: PartialFile[] = [];
  readonly #writers: StripeWriter[] = [];
  #creating: Promise<void> = Promise.resolve();
  #discarded = false;

  private constructor(request: BackupRequest) {
    this.#request = request;
  }

  /**
   * Every check that needs no work and leaves nothing behind, and the run locks (not for a dry run).
   * Throws `Failure` `usage`, `io` or `locked`.
   */
  static async check(request: BackupRequest): Promise<StripeFiles> {
    const files = new StripeFiles(request);
    if (files.toStdout) return files;
    const { overwrite, sha256, dryRun } = request;
    const paths = sha256
      ? request.files.flatMap((path) => [path, path + checksumSuffix])
      : request.files;
    const destinations = await checkDestinations(paths, { overwrite });
    if (!dryRun) await files.#lock(destinations);
    return files;
  }

  get toStdout(): boolean {
    return this.#request.files[0] === stdoutPath;
  }

  get writers(): readonly StripeWriter[] {
    return this.#writers;
  }

  /** Creates the partial files; this is the proof that the folders can be written. `stdout` is the descriptor for `-`. */
  create(stdout: number): Promise<void> {
    this.#creating = this.#create(stdout);
    return this.#creating;
  }

  async #create(stdout: number): Promise<void> {
    if (this.toStdout) return this.#add(openStdoutSink(stdout));
    for (const path of this.#request.files) {
      if (this.#discarded) return;
      const partial = await PartialFile.create(path);
      this.#partials.push(partial);
      this.#add(partial);
    }
  }

  /** `header` makes the header of one stripe, counted from 0. */
  async begin(header: (stripe: number) => ArchiveHeader): Promise<void> {
    await Promise.all(this.#writers.map((writer, stripe) => writer.begin(header(stripe))));
  }

  /**
   * After Msg 3014: final words, durable, closed. When that fails, the partial files are kept: every byte was
   * durable before SQL Server was told so, and it counts on them (a log may be truncated already).
   */
  async finish(facts: (stripe: number) => TrailerFacts): Promise<StoredStripe[]> {
    const backups = [...this.#partials];
    try {
      const stored = await Promise.all(
        this.#writers.map((writer, stripe) => writer.finish(facts(stripe))),
      );
      await this.#writeChecksums(stored);
      return stored;
    } catch (thrown) {
      for (const backup of backups) backup.keep();
      throw backups.length > 0 ? keptFailure(asError(thrown), backups) : thrown;
    }
  }

  /** The final names appear here and nowhere else; all of them, or none where nothing was overwritten. */
  async publish(): Promise<void> {
    const { overwrite } = this.#request;
    for (const [index, partial] of this.#partials.entries()) {
      try {
        await partial.publish({ overwrite });
      } catch (thrown) {
        // The backup is whole and SQL Server counts on it: whatever bears a partial name now is kept.
        for (const later of this.#partials.slice(index)) later.keep();
        const published = overwrite ? [] : this.#partials.slice(0, index);
        await Promise.allSettled(published.map((earlier) => earlier.unpublish()));
        throw thrown;
      }
    }
  }

  /** Removes everything unpublished and frees the locks. False when something could not be removed. Never rejects. */
  async discard(): Promise<boolean> {
    this.#discarded = true;
    // An abort does not wait for files to be created, but what appears after it must go, too.
    await Promise.race([
      this.#creating.catch(asError),
      sleep(discardWaitMs, undefined, { ref: false }),
    ]);
    const removed = await Promise.all([
      ...this.#writers.map((writer) => writer.discard()),
      ...this.#partials.map((partial) => partial.discard()),
    ]);
    await this.release();
    return removed.every(Boolean);
  }

  async release(): Promise<void> {
    await Promise.all(this.#locks.map((lock) => lock.release().catch(asError)));
  }

  async #lock(destinations: readonly Destination[]): Promise<void> {
    try {
      for (const destination of destinations) this.#locks.push(await lockDestination(destination));
    } catch (thrown) {
      await this.release();
      throw thrown;
    }
  }

  #add(sink: Sink): void {
    const { compression, sha256 } = this.#request;
    const Writer = compression.kind === 'zstd' ? ArchiveWriter : BareWriter;
    this.#writers.push(new Writer(sink, { sha256 }));
  }

  /** `FILE.sha256` in sha256sum's format, published after the backup it speaks of. */
  async #writeChecksums(stored: readonly StoredStripe[]): Promise<void> {
    for (const [stripe, { sha256 }] of stored.entries()) {
      const path = this.#request.files[stripe];
      if (sha256 === undefined || path === undefined) continue;
      const partial = await PartialFile.create(path + checksumSuffix);
      this.#partials.push(partial);
      await partial.write(Buffer.from(`${sha256}  ${basename(path)}\n`), 0);
      await partial.sync();
      await partial.close();
    }
  }
}

function keptFailure(failure: Error, backups: readonly PartialFile[]): Failure {
  const kept = `SQL Server had finished the backup, which is kept as ${backups.map(({ partialPath }) => partialPath).join(', ')}`;
  const hints = failure instanceof Failure ? failure.hints : [];
  const code = failure instanceof Failure ? failure.code : 'finish-failed';
  return new Failure('io', code, `${failure.message}; ${kept}`, {
    hints: ['Rename it yourself before the next run, which would replace it.', ...hints],
    cause: failure,
  });
}
