// The descriptors 0, 1 and 2 that a process inherits. Their open file descriptions are shared with whoever started it:
// O_NONBLOCK set on one stays set after the end, and the next command of the same script loses its output (EAGAIN).
// So nothing here or elsewhere sets it; what must not wait gets an open file description of its own.

import { constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';

const { O_NOCTTY, O_NONBLOCK, O_RDWR } = constants;
/** The bits of `flags` that hold the way of access (fcntl.h). */
const O_ACCMODE = 3;

/** `flags` of open(2), as /proc/self/fdinfo shows them (proc(5)); undefined where there is no such file. */
function openFlags(descriptor: number): number | undefined {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    return flags === undefined ? undefined : Number.parseInt(flags, 8);
  } catch {
    return undefined;
  }
}

/** Whether whoever opened it made it non-blocking. */
export function isNonBlocking(descriptor: number): boolean {
  return ((openFlags(descriptor) ?? 0) & O_NONBLOCK) !== 0;
}

/**
 * A pipe or a device of `descriptor`, opened once more for `access` (O_RDONLY or O_WRONLY) so that it never waits; a
 * descriptor of its own. Undefined where that cannot be: sockets, pipes of another account (sudo), other systems.
 */
export function reopened(descriptor: number, access: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return undefined;
    return openSync(`/proc/self/fd/${descriptor}`, access | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}

/**
 * Whether standard output was closed (`>&-`) when the process began. Node opens /dev/null in its place, for reading and
 * writing, so that bytes would vanish without an error; a shell's `> /dev/null` is for writing only. Whoever really
 * passes on a /dev/null that was opened for both cannot be told from that.
 */
export function isClosed(descriptor: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const isNull = readlinkSync(`/proc/self/fd/${descriptor}`) === '/dev/null';
    return isNull && ((openFlags(descriptor) ?? 0) & O_ACCMODE) === O_RDWR;
  } catch {
    return false;
  }
}
