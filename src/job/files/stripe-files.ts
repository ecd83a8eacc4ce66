// All files of one backup, one per stripe, treated as one thing: checked, locked, created, finished and
// published together, or removed together.

import { basename, resolve } from 'node:path';
import type { ArchiveHeader } from '../../archive/header.ts';
import type { TrailerFacts } from '../../archive/trailer.ts';
import { ArchiveWriter } from '../../archive/writer/archive-writer.ts';
import { BareWriter } from '../../archive/writer/bare-writer.ts';
import type { StoredStripe, StripeWriter } from '../../archive/writer/stripe-writer.ts';
import { within } from '../../base/deadline.ts';
import { asError, Failure, internalError } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { checkDestinations, type Destination } from '../../storage/destination.ts';
import type { DestinationLock } from '../../storage/file/destination-lock.ts';
import { bears } from '../../storage/file/file-identity.ts';
import { discardWaitMs, type PartialFile } from '../../storage/file/partial-file.ts';
import {
  type PublicationWarning,
  publish,
  unknownPlace,
  whereabouts,
} from '../../storage/file/publication.ts';
import { unconfirmedPath } from '../../storage/file/unconfirmed-name.ts';
import type { Sink } from '../../storage/sink.ts';
import { openStdoutSink } from '../../storage/stdout-sink.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import { keepLeftBackup } from './left-backup.ts';
import { createPartial, lockOut } from './run-lock.ts';
import type { KeptFile } from './unconfirmed-backup.ts';

/** The path that means standard output. */
const stdoutPath = '-';

/** Suffix of the checksum file of `--sha256`. */
const checksumSuffix = '.sha256';
/** How long a disk that has just failed may take to say where the files are, ms. */
const whereaboutsMs = 1000;
/** Hexadecimal digits of a SHA-256. */
const sha256Digits = 64;

export class StripeFiles {
  readonly #request: BackupRequest;
  readonly #locks: DestinationLock[] = [];
  readonly #partials: PartialFile[] = [];
  /** `FILE.sha256` of each stripe, in order. */
  readonly #sides: PartialFile[] = [];
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

  /**
   * Creates the partial files; this is the proof that the folders can be written. `stdout` is the descriptor for `-`. A
   * warning tells of a whole backup that a killed run left in the way.
   */
  create(stdout: number, emit: Emit): Promise<void> {
    this.#creating = this.#create(stdout, emit);
    return this.#creating;
  }

  async #create(stdout: number, emit: Emit): Promise<void> {
    if (this.toStdout) return this.#add(openStdoutSink(stdout));
    for (const path of this.#request.files) {
      if (this.#discarded) return;
      const partial = await createPartial(path, (left) => keepLeftBackup(left, emit));
      this.#partials.push(partial);
      this.#add(partial);
    }
    if (this.#request.sha256) await this.#createSides();
  }

  /** With as many bytes as they will have: after Msg 3014 there may be no room. */
  async #createSides(): Promise<void> {
    for (const path of this.#request.files) {
      if (this.#discarded) return;
      const side = await createPartial(path + checksumSuffix);
      this.#sides.push(side);
      await side.write(checksumLine('0'.repeat(sha256Digits), path), 0);
      await side.sync();
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
  async finish(
    facts: (stripe: number) => TrailerFacts,
    late: Promise<never>,
  ): Promise<StoredStripe[]> {
    try {
      return await Promise.race([this.#finish(facts), late]);
    } catch (thrown) {
      for (const backup of this.#partials) backup.keep();
      throw await keptFailure(asError(thrown), this.#partials);
    }
  }

  async #finish(facts: (stripe: number) => TrailerFacts): Promise<StoredStripe[]> {
    const stored = await Promise.all(
      this.#writers.map((writer, stripe) => writer.finish(facts(stripe))),
    );
    await this.#writeChecksums(stored);
    return stored;
  }

  /**
   * The final names appear here and nowhere else; all of them, or none. A side file that cannot be made holds no
   * backup up: everything else is published, and Failure `io` says so. An old one that cannot be moved away does.
   */
  async publish(late: Promise<never>): Promise<readonly PublicationWarning[]> {
    const { overwrite } = this.#request;
    const { warnings, sideFailures } = await publish(this.#partials, {
      overwrite,
      sides: this.#sides,
      late,
    });
    if (sideFailures.length > 0) throw sideFailure(this.#request.files, sideFailures);
    return warnings;
  }

  /** Keeps what is sealed under names that no later run writes or replaces, and frees the locks. Never rejects. */
  async keepUnconfirmed(setId: string): Promise<readonly KeptFile[]> {
    const kept = await Promise.all(
      this.#partials.map((partial) => keptUnconfirmed(partial, setId)),
    );
    // Without a verdict there is nothing to speak of yet.
    await Promise.all(this.#sides.map((side) => side.discard()));
    await this.release();
    return kept;
  }

  /** Removes everything unpublished and frees the locks. False when something could not be removed. Never rejects. */
  async discard(): Promise<boolean> {
    this.#discarded = true;
    // An abort does not wait for files to be created, but what appears after it must go, too.
    await within(this.#creating.catch(asError), discardWaitMs, { ref: false });
    const removed = await Promise.all([
      ...this.#writers.map((writer) => writer.discard()),
      ...[...this.#partials, ...this.#sides].map((partial) => partial.discard()),
    ]);
    await this.release();
    return removed.every(Boolean);
  }

  async release(): Promise<void> {
    await Promise.all(this.#locks.map((lock) => lock.release().catch(asError)));
  }

  async #lock(destinations: readonly Destination[]): Promise<void> {
    try {
      for (const destination of destinations) this.#locks.push(await lockOut(destination));
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

  /** A failure is the side file's own: `publish` meets it again. */
  async #writeChecksums(stored: readonly StoredStripe[]): Promise<void> {
    for (const [stripe, side] of this.#sides.entries()) {
      const path = this.#request.files[stripe];
      const sha256 = stored[stripe]?.sha256;
      if (sha256 === undefined || path === undefined)
        throw internalError('a checksum of every stripe', stripe);
      try {
        await side.write(checksumLine(sha256, path), 0);
        await side.sync();
        await side.close();
      } catch (thrown) {
        if (!(thrown instanceof Failure)) throw thrown;
      }
    }
  }
}

async function keptUnconfirmed(partial: PartialFile, setId: string): Promise<KeptFile> {
  const path = unconfirmedPath(resolve(partial.path), setId);
  try {
    await partial.keepAs(path);
    return { path };
  } catch (thrown) {
    const problem = asError(thrown);
    // It may have its name, and only the folder is not durable.
    const hasName = await bears(path, partial.identity);
    return { path: hasName ? path : resolve(partial.partialPath), problem };
  }
}

/** In sha256sum's format. */
function checksumLine(sha256: string, path: string): Uint8Array {
  return Buffer.from(`${sha256}  ${basename(path)}\n`);
}

/** Exit 8, although the backup is good: exit 0 means that all that was asked for is there. */
function sideFailure(files: readonly string[], failures: readonly Failure[]): Failure {
  const [first] = failures;
  const published = `the backup itself is finished and published: ${files.join(', ')}`;
  const reasons = failures.map(({ message }) => message).join('; ');
  return new Failure('side-file-failed', `${reasons}; ${published}`, {
    hints: [
      `Make the checksum yourself: sha256sum FILE > FILE${checksumSuffix}`,
      ...(first?.hints ?? []),
    ],
    cause: first,
  });
}

async function keptFailure(failure: Error, backups: readonly PartialFile[]): Promise<Error> {
  if (backups.length === 0) return failure;
  // The disk failed or does not answer.
  const found = await within(whereabouts(backups), whereaboutsMs, { ref: false });
  const { message, hints } = found ?? unknownPlace(backups);
  const known =
    failure instanceof Failure ? failure : new Failure('finish-failed', failure.message);
  return known.with({
    message: `${failure.message}; SQL Server had finished the backup: ${message}`,
    hints: [...hints, ...known.hints],
    cause: failure,
  });
}
