// The names of files in a folder: given without replacing another's, made durable, taken away.

import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { ioFailure, systemErrorName } from '../storage/io-failure.js';
import { windowsPaths } from '../storage/path-grammar.js';

/** link() refused because the file system has no hard links, or not here: then rename is all there is. */
const linkUnsupported = new Set([
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EXDEV',
  'EINVAL',
  'EISDIR',
]);
/** fsync of a folder is refused by some network and FUSE file systems, which order renames themselves. */
const folderSyncUnsupported = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF']);

/** Renames `from` to `to`; rejects with EEXIST where that exists. */
export async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (thrown) {
    if (!linkUnsupported.has(systemErrorName(thrown) ?? '')) throw thrown;
    // Not atomic any more: the last look is as near to the rename as it gets.
    if (!(await gone(to))) throw existsError();
    return rename(from, to);
  }
  // The backup is published; a left-over second name is removed by the next run.
  await removed(from);
}

function existsError(): Error {
  return Object.assign(new Error('file already exists'), { code: 'EEXIST' });
}

/** Makes names in `folder` durable. Failure `io`. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such call: NTFS journals its names.
  if (windowsPaths) return;
  try {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (folderSyncUnsupported.has(systemErrorName(thrown) ?? '')) return;
    throw ioFailure('make durable the new name in', folder, thrown);
  }
}

/** Whether nothing bears the name now. */
async function gone(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (thrown) {
    return systemErrorName(thrown) === 'ENOENT';
  }
}

/** Removes a file; false when it is still there. */
export async function removed(path: string): Promise<boolean> {
  return unlink(path).then(
    () => true,
    (thrown) => systemErrorName(thrown) === 'ENOENT',
  );
}
