// Opens the file of `--log-file` for appending. Nothing waits: a pipe without a reader is refused, and whoever waits for a
// hung file system waits on a thread of the pool.

import {
  constants,
  fchmod as fchmodBack,
  fstat as fstatBack,
  open as openBack,
  type Stats,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { usageError } from '../usage-error.ts';
import { ifThere, linkTarget, refuseForeign } from './link-target.ts';
import type { Channel } from './outlet.ts';
import { why } from './side-input.ts';

const open = promisify(openBack);
const fchmod = promisify(fchmodBack);
const fstat = promisify(fstatBack);
const {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NOCTTY = 0,
  O_NOFOLLOW = 0,
  O_NONBLOCK = 0,
  O_WRONLY,
} = constants;

/** Only for its owner: server messages name databases, paths and logins. */
const mode = 0o600;

/** Throws `Failure('usage')` when it cannot be opened. */
export async function openLog(path: string): Promise<Channel> {
  try {
    const found = await ifThere(stat(path));
    if (found && !found.isFile()) return await openSpecial(path, found);
    const target = await linkTarget(path);
    const descriptor = (await create(target)) ?? (await openFile(target));
    return { descriptor, immediate: false };
  } catch (error) {
    throw usageError('log-file', `cannot open --log-file '${path}': ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ENXIO' ? 'nobody reads this pipe' : why(error);
}

/** A pipe or a device. Without O_CREAT, which Linux refuses for another's FIFO in a sticky folder. */
async function openSpecial(path: string, found: Stats): Promise<Channel> {
  await refuseForeign(path, found);
  const descriptor = await open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  return { descriptor, immediate: true };
}

/** A new file with exactly our mode whatever the umask; undefined when there is one. */
async function create(target: string): Promise<number | undefined> {
  try {
    const descriptor = await open(target, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, mode);
    await fchmod(descriptor, mode);
    return descriptor;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** The mode of a file that is there is its owner's choice. */
async function openFile(target: string): Promise<number> {
  const descriptor = await open(target, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  const found = await fstat(descriptor);
  await refuseForeign(target, found);
  return descriptor;
}
