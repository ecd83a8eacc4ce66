// What bears the name of a partial file before a run makes its own: removed when its run is dead, and never when
// somebody still writes it.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../base/errors.ts';
import { ERROR_ACCESS_DENIED } from '../../base/platform/win32.ts';
import { ioFailure, systemErrorName } from '../io-failure.ts';
import { windowsPaths } from '../path-grammar.ts';
import { bears, fileAt, fileOf, isSame, type NamedFile } from './file-identity.ts';
import { beingWritten, type LockAnswer, type LockFile } from './file-lock.ts';

/** How long a file is watched that nobody has locked: a program without our locks may be writing it, milliseconds. */
const growthWatchMs = 1000;
/** The same where the file system has no locks, so that growth is all there is to see; SQL Server may pause. */
const locklessWatchMs = 5000;
/** Looks at a name that others keep exchanging, before giving up. */
const mostLooks = 10;

/** Gives what a dead run left at `path` another name where it is worth keeping; false where it is not. */
export type Rescue = (path: string) => Promise<boolean>;

/**
 * Removes what is left of a dead run; resolves when nothing bears the name. Failure `locked` when somebody has locked
 * it or it grows, Failure `io` when that cannot be found out, and whatever `rescue` fails with.
 */
export async function removeStale(
  partialPath: string,
  lockFile: LockFile,
  rescue: Rescue = async () => false,
): Promise<void> {
  const name = basename(partialPath);
  try {
    for (let look = 0; look < mostLooks; look += 1) {
      if (await removedOnce(partialPath, lockFile, rescue)) return;
    }
  } catch (thrown) {
    throw ioFailure('replace', name, thrown);
  }
  throw beingWritten(name);
}

/** Failure `locked` when a run has the partial file in its hands. Changes nothing, waits for nothing. */
export async function refuseLocked(partialPath: string, lockFile: LockFile): Promise<void> {
  const found = await lookAt(partialPath).catch(() => undefined);
  const handle = found?.isFile ? await openAny(partialPath).catch(() => undefined) : undefined;
  if (!handle) return;
  try {
    await release(await locked(handle, partialPath, lockFile));
  } finally {
    await handle.close();
  }
}

/** False when another file bears the name meanwhile: to be looked at again. */
async function removedOnce(path: string, lockFile: LockFile, rescue: Rescue): Promise<boolean> {
  const found = await lookAt(path);
  if (!found) return true;
  // Nobody writes into a link or a pipe of this name; a folder is refused by unlink.
  if (!found.isFile) return unlink(path).then(() => true);
  const handle = await openOwn(path);
  if (!handle) return false;
  let answer: LockAnswer | undefined;
  try {
    answer = await locked(handle, path, lockFile);
    await expectStill(handle, path, answer);
    // Whoever removes a partial file holds its lock, so the name cannot change hands between these two.
    if (!(await bears(path, await fileOf(handle)))) return false;
    if (await rescue(path)) return true;
    if (!windowsPaths) await unlink(path);
  } finally {
    await release(answer);
    await handle.close();
  }
  // Windows keeps the name of an open file until it is closed.
  if (windowsPaths) await unlink(path);
  return true;
}

async function lookAt(path: string): Promise<NamedFile | undefined> {
  return fileAt(path).catch((thrown: unknown) => {
    if (systemErrorName(thrown) === 'ENOENT') return undefined;
    throw thrown;
  });
}

/** Undefined when it is gone. */
async function openOwn(path: string): Promise<FileHandle | undefined> {
  try {
    return await openAny(path);
  } catch (thrown) {
    const error = systemErrorName(thrown);
    if (error === 'ENOENT' || error === 'ELOOP') return undefined;
    throw error === 'EACCES' || error === 'EPERM' ? await notOurs(path, thrown) : thrown;
  }
}

/** For writing where that is allowed, because NFS gives exclusive locks to nobody else. */
async function openAny(path: string): Promise<FileHandle> {
  // Neither exists on Windows.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  return open(path, constants.O_RDWR | careful).catch(() =>
    open(path, constants.O_RDONLY | careful),
  );
}

async function locked(handle: FileHandle, path: string, lockFile: LockFile): Promise<LockAnswer> {
  const answer = await lockFile({ descriptor: handle.fd, path });
  if (answer.kind === 'held') throw beingWritten(basename(path), answer.holder);
  return answer;
}

async function release(answer: LockAnswer | undefined): Promise<void> {
  if (answer?.kind === 'locked') await answer.release();
}

async function expectStill(handle: FileHandle, path: string, answer: LockAnswer): Promise<void> {
  const before = await fileOf(handle);
  await sleep(answer.kind === 'locked' ? growthWatchMs : locklessWatchMs);
  const after = await freshly(path);
  if (!after || !isSame(before, after)) return;
  if (after.size === before.size && after.mtimeNs === before.mtimeNs) return;
  throw beingWritten(basename(path));
}

/** Opened anew, because NFS asks its server only then; what is known of an open file may be seconds old. */
async function freshly(path: string): Promise<NamedFile | undefined> {
  const handle = await openOwn(path);
  try {
    return handle && (await fileOf(handle));
  } finally {
    await handle?.close();
  }
}

async function notOurs(path: string, cause: unknown): Promise<Failure> {
  const { uid } = await lstat(path);
  const what = `cannot replace ${basename(path)}: it belongs to another account (user ${uid})`;
  return new Failure('access-denied', what, {
    hints: ['If a run of that account is writing it, wait for its end; otherwise delete the file.'],
    win32: ERROR_ACCESS_DENIED,
    cause,
  });
}
