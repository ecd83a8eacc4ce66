// The names of files in a folder: given without replacing another's, taken away.

import { link, lstat, rename, unlink } from 'node:fs/promises';
import { systemErrorName } from '../io-failure.ts';

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
/** A file has two names after `linked`, one after `moved`. */
export type Given = 'linked' | 'moved';

/** Gives what bears `from` the name `to`; rejects with EEXIST where that exists. */
export async function nameWithoutReplacing(from: string, to: string): Promise<Given> {
  if (await linked(from, to)) return 'linked';
  // Not atomic any more: the last look is as near to the rename as it gets.
  if (!(await gone(to))) throw existsError();
  await rename(from, to);
  return 'moved';
}

/** False where this file system has no hard links, or not here. */
export async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (linkUnsupported.has(systemErrorName(thrown) ?? '')) return false;
    throw thrown;
  }
}

function existsError(): Error {
  return Object.assign(new Error('file already exists'), { code: 'EEXIST' });
}

/** Whether nothing bears the name now. */
export async function gone(path: string): Promise<boolean> {
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
