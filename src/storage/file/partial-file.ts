// A file that is born by rename: written as `NAME.partial`, durable and complete before it bears its name.
// Not here: what is in it (archive-writer.ts), checks before the work (destination.ts), its final name (publication.ts).
import { type FileHandle, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { MiB } from '../../base/byte-size.ts';
import { within } from '../../base/deadline.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { Failure, internalError } from '../../base/errors.ts';
import { ERROR_IO_DEVICE } from '../../base/platform/win32.ts';
import { ioFailure } from '../io-failure.ts';
import type { Sink } from '../sink.ts';
import { moveDurably } from './durable-move.ts';
import { bears, type FileIdentity, fileAt, isSame } from './file-identity.ts';
import type { LockFile } from './file-lock.ts';
import { removed } from './file-name.ts';
import { type Born, bear, takeUp } from './partial-birth.ts';
import { type Rescue, removeStale } from './stale-partial.ts';

/** Suffix of an unfinished file. */
export const partialSuffix = '.partial';
/** Bytes written between background syncs: keeps the last fsync, which the server waits for, short. */
export const backgroundSyncBytes = 32 * MiB;
/** Longest wait of `discard` for a write that the disk does not finish, milliseconds. */
export const discardWaitMs = 2000;
type State = 'open' | 'closed' | 'publishing' | 'published' | 'kept' | 'discarded';

/**
 * See `Sink` for the rules of writing; `publish` (publication.ts), `keep`, `keepAs` or `discard` ends its life. The
 * file stays open and locked until then: its identity cannot be reused, and others see that it is being written.
 */
export class PartialFile implements Sink {
  readonly rewritable = true;
  /** The final path as it was given, and where the bytes are until then. */
  readonly path: string;
  readonly partialPath: string;
  readonly identity: FileIdentity;
  readonly lockFile: LockFile;
  readonly #file: FileHandle;
  readonly #unlock: () => Promise<void>;
  #state: State = 'open';
  #failure: Error | undefined;
  /** Bytes the file holds if nobody else touches it. */
  #end = 0;
  #unsynced = 0;
  #backgroundSync: Promise<void> | undefined;
  #publishing: Deferred<void> | undefined;
  #discarding: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(path: string, born: Born, lockFile: LockFile, partialPath: string) {
    this.path = path;
    this.partialPath = partialPath;
    this.#file = born.file;
    this.#unlock = born.unlock;
    this.identity = born.identity;
    this.lockFile = lockFile;
  }

  /**
   * Creates `path.partial`, mode 0600 whatever the umask. One left by a dead run is removed first (stale-partial.ts),
   * or kept where `rescue` finds it worth that, never written into: it may be a hard link to a published file. Failure
   * `io`, or `locked` when another run has it.
   */
  static async create(path: string, lockFile: LockFile, rescue?: Rescue): Promise<PartialFile> {
    const partialPath = path + partialSuffix;
    await removeStale(partialPath, lockFile, rescue);
    try {
      return new PartialFile(path, await bear(partialPath, lockFile), lockFile, partialPath);
    } catch (thrown) {
      throw ioFailure('create', basename(partialPath), thrown);
    }
  }

  /**
   * Takes up what another run wrote, as `waiting`, and did not name `path`: all of it counts as written. Failure `io`, or
   * `locked` when a run has it. The caller ends its life with `publish` or `endPublishing`, never with `discard`.
   */
  static async adopt(path: string, waiting: string, lockFile: LockFile): Promise<PartialFile> {
    try {
      const born = await takeUp(waiting, lockFile);
      const file = new PartialFile(path, born, lockFile, waiting);
      file.#end = born.bytes;
      return file;
    } catch (thrown) {
      throw ioFailure('finish', basename(waiting), thrown);
    }
  }

  get name(): string {
    return basename(this.partialPath);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#expectOpen();
    await this.#sticky('write', async () => {
      // What was cut off in between would come back as a hole.
      await this.#expectSize();
      await this.#writeAll(bytes, position);
    });
    this.#end = Math.max(this.#end, position + bytes.length);
    this.#unsynced += bytes.length;
    if (this.#unsynced >= backgroundSyncBytes && !this.#backgroundSync) this.#startSync();
  }

  async sync(): Promise<void> {
    this.#expectOpen();
    await this.#backgroundSync;
    await this.#sticky('make durable', () => this.#file.sync());
    // Bytes without a name are no backup: this must be known before SQL Server counts on them.
    await this.#sticky('finish', () => this.expectWhole(this.partialPath));
    this.#unsynced = 0;
  }

  /** Ends the writing. The descriptor is given back later, by whatever ends the life of the file. */
  async close(): Promise<void> {
    this.#expectOpen();
    this.#state = 'closed';
    await this.#backgroundSync;
    if (this.#failure) throw this.#failure;
  }

  /** Rejects, with a `Failure` or the system's error, unless `path` leads to the file that was written, all of it and no more. */
  async expectWhole(path: string): Promise<void> {
    const found = await fileAt(path);
    if (!isSame(found, this.identity)) throw replaced(this.name, path);
    await this.#expectSize();
  }

  async #expectSize(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size !== this.#end) throw changed(this.name, size, this.#end);
  }

  /** The name that leads to the bytes that were written; undefined when none is known. While the file is open. */
  async place(): Promise<string | undefined> {
    for (const path of [this.partialPath, this.path])
      if (await bears(path, this.identity)) return path;
    // Whoever gave it another name did so in Linux's sight.
    const now = await readlink(`/proc/self/fd/${this.#file.fd}`).catch(() => '');
    return (await bears(now, this.identity)) ? now : undefined;
  }

  /** Of a closed file, or one that failed; publication.ts alone calls this, and `endPublishing` after it. */
  startPublishing(): void {
    const over = this.#state === 'closed' || (this.#state === 'open' && this.#failure);
    if (!over) throw internalError('a closed file', this.#state);
    this.#state = 'publishing';
    this.#publishing = deferred();
  }

  /** What a failure of the writing was, if there was one. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  async endPublishing(state: 'published' | 'kept' | 'closed'): Promise<void> {
    this.#state = state;
    this.#publishing?.resolve();
    await this.#closeBounded();
  }

  /**
   * Keeps what was written and made durable so far under `path`, for ever, and never replaces a file by it. Failure
   * `io`: then it stays where it is.
   */
  async keepAs(path: string): Promise<void> {
    this.keep();
    try {
      await this.expectWhole(this.partialPath);
      await moveDurably(this.partialPath, path, () => this.expectWhole(path));
    } catch (thrown) {
      throw ioFailure(`rename to ${basename(path)}`, this.name, thrown);
    } finally {
      await this.#closeBounded();
    }
  }

  /** Lets the partial stay for ever: what is in it is worth more than tidiness. `discard` does nothing then. */
  keep(): void {
    if (this.#state === 'open' || this.#state === 'closed') this.#state = 'kept';
  }

  /**
   * Removes the partial. Unlinks first, so that it is gone even when a write hangs, and waits at most
   * `discardWaitMs` for that write. Does nothing after `publish` (waits for one at work) or `keep`.
   * @returns false when the partial could not be removed; never rejects
   */
  discard(): Promise<boolean> {
    this.#discarding ??= this.#discard();
    return this.#discarding;
  }

  async #discard(): Promise<boolean> {
    await this.#publishing?.promise;
    if (this.#state === 'published') return true;
    if (this.#state === 'kept') {
      await this.#closeBounded();
      return true;
    }
    this.#state = 'discarded';
    this.#failure ??= internalError('a file in use', 'a discarded one');
    const first = await this.#removeOwn();
    await this.#closeBounded();
    // Windows can refuse to remove a file that is still open.
    return first || this.#removeOwn();
  }

  /** Another's file of this name is none of ours. */
  async #removeOwn(): Promise<boolean> {
    try {
      if (!isSame(await fileAt(this.partialPath), this.identity)) return true;
    } catch {
      // What cannot be looked at can perhaps be removed, or is gone.
    }
    return removed(this.partialPath);
  }

  /** A full disk takes part of the bytes first and says ENOSPC only to the next call. */
  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        done,
        bytes.length - done,
        position + done,
      );
      if (bytesWritten === 0) throw new Error('the system takes no more bytes');
      done += bytesWritten;
    }
  }

  #startSync(): void {
    this.#unsynced = 0;
    this.#backgroundSync = this.#sticky('make durable', () => this.#file.datasync())
      // Sticky: the next call reports it.
      .catch(() => undefined)
      .finally(() => {
        this.#backgroundSync = undefined;
      });
  }

  async #sticky(what: string, step: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      await step();
    } catch (thrown) {
      this.#failure ??= ioFailure(what, this.name, thrown);
    }
    // Also when another call failed while this one was at work.
    if (this.#failure) throw this.#failure;
  }

  /** Everything was durable or is worthless: an error has nothing to tell, and a hung write must not hold the end. */
  async #closeBounded(): Promise<void> {
    this.#closing ??= this.#close();
    await within(this.#closing, discardWaitMs);
  }

  async #close(): Promise<void> {
    await this.#unlock();
    await this.#file.close().catch(() => undefined);
  }

  #expectOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#state !== 'open') throw internalError('an open file', this.#state);
  }
}

const foreignHint =
  'Look for another run of the same target, in another container or on another machine, and for programs that clean up or move files there.';

function replaced(name: string, path: string): Failure {
  const whose = `${path} is not the file that was written: something else removed or replaced it`;
  return new Failure('file-replaced', `cannot finish ${name}: ${whose}`, {
    hints: [foreignHint],
    win32: ERROR_IO_DEVICE,
  });
}

function changed(name: string, size: number, written: number): Failure {
  const sizes = `it is ${size} bytes long, but ${written} were written`;
  return new Failure('file-changed', `cannot go on with ${name}: ${sizes}`, {
    hints: [foreignHint],
    win32: ERROR_IO_DEVICE,
  });
}
