// A file that is born by rename: written as `NAME.partial`, durable and complete before it bears its name.
// Not here: what is in it (archive-writer.ts), checks before the work (destination.ts).
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { MiB } from '../base/byte-size.js';
import { asError, Failure, internalError } from '../errors.js';
import { ioFailure, systemErrorName } from '../storage/io-failure.js';
import type { Sink } from '../storage/sink.js';
import { moveWithoutReplacing, removed, syncFolder } from './file-name.js';

/** Suffix of an unfinished file. */
export const partialSuffix = '.partial';
/** Bytes written between background syncs: keeps the last fsync, which the server waits for, short. */
export const backgroundSyncBytes = 32 * MiB;
/** Longest wait of `discard` for a write that the disk does not finish, milliseconds. */
export const discardWaitMs = 2000;
/** Backups hold a whole database: nobody but the owner reads them. */
const fileMode = 0o600;
type State = 'open' | 'closed' | 'publishing' | 'published' | 'kept' | 'discarded';

/** See `Sink` for the rules of writing; `publish` or `discard` ends its life. */
export class PartialFile implements Sink {
  readonly rewritable = true;
  /** The final path as it was given, and where the bytes are until then. */
  readonly path: string;
  readonly partialPath: string;
  readonly #file: FileHandle;
  #state: State = 'open';
  #failure: Error | undefined;
  #unsynced = 0;
  #backgroundSync: Promise<void> | undefined;
  #publishing: Promise<void> | undefined;
  #discarding: Promise<boolean> | undefined;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.partialPath = path + partialSuffix;
    this.#file = file;
  }

  /**
   * Creates `path.partial`, mode 0600 whatever the umask. One left by a dead run is removed first, never
   * written into: it may be a hard link to a published file. The caller holds the run lock of `path`
   * (destination-lock.ts). Failure `io`.
   */
  static async create(path: string): Promise<PartialFile> {
    const partialPath = path + partialSuffix;
    const name = basename(partialPath);
    await removeStale(partialPath);
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      const file = await open(partialPath, flags, fileMode);
      await exactMode(file, partialPath);
      return new PartialFile(path, file);
    } catch (thrown) {
      throw ioFailure('create', name, thrown);
    }
  }

  get name(): string {
    return basename(this.partialPath);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#expectOpen();
    await this.#sticky('write', () => this.#writeAll(bytes, position));
    this.#unsynced += bytes.length;
    if (this.#unsynced >= backgroundSyncBytes && !this.#backgroundSync) this.#startSync();
  }

  async sync(): Promise<void> {
    this.#expectOpen();
    await this.#backgroundSync;
    await this.#sticky('make durable', () => this.#file.sync());
    await this.#sticky('finish', () => this.#expectName());
    this.#unsynced = 0;
  }

  async close(): Promise<void> {
    this.#expectOpen();
    this.#state = 'closed';
    await this.#backgroundSync;
    // Closed even after a failure: the descriptor is given back exactly once.
    await this.#file.close().catch((thrown: unknown) => {
      this.#failure ??= ioFailure('close', this.name, thrown);
    });
    if (this.#failure) throw this.#failure;
  }

  /**
   * Gives the closed file its final name and makes that durable. Without `overwrite` a file that appeared
   * meanwhile is never replaced. Failure `io`; then the finished partial stays (`discard` will not touch
   * it) and the message says where.
   */
  publish(options: { readonly overwrite: boolean }): Promise<void> {
    if (this.#state !== 'closed' || this.#failure) {
      return Promise.reject(internalError('a finished and closed file', this.#state));
    }
    this.#state = 'publishing';
    this.#publishing = this.#publish(options.overwrite);
    return this.#publishing;
  }

  /**
   * Takes the final name away again, after `publish` without `overwrite`: a stripe without its siblings must not
   * look like a backup. The file is kept under its partial name. Rejects with the system's error.
   */
  async unpublish(): Promise<void> {
    if (this.#state !== 'published') throw internalError('a published file', this.#state);
    await rename(this.path, this.partialPath);
    this.#state = 'kept';
    await syncFolder(dirname(this.path));
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
    await this.#publishing?.catch(() => undefined);
    if (this.#state === 'published' || this.#state === 'kept') return true;
    const wasOpen = this.#state === 'open';
    this.#state = 'discarded';
    this.#failure ??= internalError('a file in use', 'a discarded one');
    if (await removed(this.partialPath)) {
      if (wasOpen) await this.#closeBounded();
      return true;
    }
    // Windows can refuse to remove a file that is still open.
    if (wasOpen) await this.#closeBounded();
    return removed(this.partialPath);
  }

  async #publish(overwrite: boolean): Promise<void> {
    try {
      if (overwrite) await rename(this.partialPath, this.path);
      else await moveWithoutReplacing(this.partialPath, this.path);
    } catch (thrown) {
      this.#state = 'kept';
      throw unpublished(this.path, this.partialPath, thrown);
    }
    this.#state = 'published';
    try {
      await syncFolder(dirname(this.path));
    } catch (thrown) {
      // A name that may be gone after a power cut is no final name; one that replaced another cannot be undone.
      if (!overwrite) await this.unpublish().catch(asError);
      throw unpublished(this.path, this.partialPath, thrown);
    }
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

  /** Bytes without a name are no backup: whoever removed the file or its folder must be known before SQL Server counts on it. */
  async #expectName(): Promise<void> {
    await lstat(this.partialPath);
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

  async #closeBounded(): Promise<void> {
    const closed = this.#file.close().catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, discardWaitMs);
    });
    await Promise.race([closed, late]);
    clearTimeout(timer);
  }

  #expectOpen(): void {
    if (this.#failure) throw this.#failure;
    if (this.#state !== 'open') throw internalError('an open file', this.#state);
  }
}

async function removeStale(partialPath: string): Promise<void> {
  try {
    await unlink(partialPath);
  } catch (thrown) {
    const name = basename(partialPath);
    if (systemErrorName(thrown) !== 'ENOENT') throw ioFailure('replace', name, thrown);
  }
}

/** umask takes bits away at creation; fchmod gives exactly these. */
async function exactMode(file: FileHandle, path: string): Promise<void> {
  try {
    await file.chmod(fileMode);
  } catch (thrown) {
    // File systems without modes (exFAT, some shares) refuse; they have nothing to protect with.
    const { mode } = await file.stat();
    if ((mode & 0o777) === fileMode || systemErrorName(thrown) === 'EPERM') return;
    await file.close();
    await removed(path);
    throw thrown;
  }
}

function unpublished(path: string, partialPath: string, thrown: unknown): Failure {
  const kept = `the finished backup is kept as ${partialPath}`;
  const hints = [`${kept}: rename it yourself before the next run, which would replace it`];
  if (systemErrorName(thrown) === 'EEXIST') {
    const what = `cannot rename ${basename(partialPath)}: ${basename(path)} appeared meanwhile`;
    return new Failure('io', 'file-exists', `${what}; ${kept}`, { hints, cause: thrown });
  }
  const failure = ioFailure(`rename to ${basename(path)}`, basename(partialPath), thrown);
  return new Failure('io', failure.code, `${failure.message}; ${kept}`, {
    hints: [...hints, ...failure.hints],
    cause: asError(thrown),
    ...(failure.win32 !== undefined && { win32: failure.win32 }),
  });
}
