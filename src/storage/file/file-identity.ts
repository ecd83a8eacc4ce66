// Which file a name leads to: the bytes that were written, or somebody else's.

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { windowsPaths } from '../path-grammar.ts';

export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

export interface NamedFile extends FileIdentity {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  /** Neither a link nor a folder, pipe or device. */
  readonly isFile: boolean;
  readonly isFolder: boolean;
}

export async function fileOf(handle: FileHandle): Promise<NamedFile> {
  const stats = await handle.stat({ bigint: true });
  return pick(stats);
}

/** What bears `path` now; a link is a link. Rejects with the system's error, ENOENT where nothing does. */
export async function fileAt(path: string): Promise<NamedFile> {
  const stats = await lstat(path, { bigint: true });
  if (!windowsPaths || !stats.isFile()) return pick(stats);
  // Windows has two calls, which may number volumes differently; an open file is asked by the one only.
  const handle = await open(path, constants.O_RDONLY);
  try {
    return await fileOf(handle);
  } finally {
    await handle.close();
  }
}

export function isSame(one: FileIdentity, other: FileIdentity): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** False also where nothing can be said of what is there. */
export async function bears(path: string, identity: FileIdentity): Promise<boolean> {
  return fileAt(path).then(
    (found) => isSame(found, identity),
    () => false,
  );
}

function pick(stats: BigIntStats): NamedFile {
  const { dev, ino, size, mtimeNs } = stats;
  return { dev, ino, size, mtimeNs, isFile: stats.isFile(), isFolder: stats.isDirectory() };
}
