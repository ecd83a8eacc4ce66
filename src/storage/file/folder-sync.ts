// Makes the names in folders durable. The folders are opened before any name changes: what cannot be opened is known
// then, and a name that is given afterwards needs no descriptor any more.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ioFailure, systemErrorName } from '../io-failure.ts';
import { windowsPaths } from '../path-grammar.ts';

/**
 * The file system does not let folders be opened or synced: network and FUSE file systems, which order names
 * themselves, and folders that may be written but not read. A disk that fails says EIO or ENOSPC.
 */
const unsupported = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EBADF',
  'ENOENT',
  'EACCES',
  'EPERM',
  'ENOTTY',
  'EISDIR',
]);

export class FolderSync {
  readonly #handles: (readonly [folder: string, handle: FileHandle])[] = [];
  /** Folders whose names cannot be made durable from here. */
  readonly refusing = new Set<string>();

  /** Failure `io`. */
  static async open(folders: Iterable<string>): Promise<FolderSync> {
    const opened = new FolderSync();
    // Windows has no such call: NTFS journals its names.
    if (windowsPaths) return opened;
    try {
      for (const folder of new Set(folders)) await opened.#add(folder);
      return opened;
    } catch (thrown) {
      await opened.close();
      throw thrown;
    }
  }

  /** Failure `io`. */
  async sync(): Promise<void> {
    for (const [folder, handle] of this.#handles)
      await this.#unlessRefused(folder, 'make durable the new name in', () => handle.sync());
  }

  async close(): Promise<void> {
    // Nothing was written: the system has nothing to report.
    for (const [, handle] of this.#handles.splice(0)) await handle.close().catch(() => undefined);
  }

  async #add(folder: string): Promise<void> {
    await this.#unlessRefused(folder, 'open', async () => {
      this.#handles.push([folder, await open(folder, constants.O_RDONLY)]);
    });
  }

  async #unlessRefused(folder: string, what: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (thrown) {
      if (!unsupported.has(systemErrorName(thrown) ?? '')) throw ioFailure(what, folder, thrown);
      this.refusing.add(folder);
    }
  }
}
