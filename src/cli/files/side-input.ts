// Reads a small file of the command line (`--password-file`, `--assert-file`) without holding up this thread: a pipe is
// waited for, a signal ends the waiting, and a pipe that nobody writes to is refused after a while.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Abort } from '../../base/abort.ts';

/** How long a pipe may have no writer before it counts as one that never gets any, in milliseconds. */
const writerPatience = 5000;
/** Milliseconds between two looks at an empty pipe. */
const pause = 20;

const { O_NOCTTY = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

export interface SideInput {
  readonly bytes: Buffer;
  readonly stat: Stats;
}

/** The first `maxBytes` of `path`, or fewer as soon as `isEnough`. Rejects with the system's error, or the abort's cause. */
export function readSideInput(
  path: string,
  maxBytes: number,
  abort: Abort,
  isEnough: (bytes: Buffer) => boolean = () => false,
): Promise<SideInput> {
  return abort.race(read(path, maxBytes, abort, isEnough));
}

async function read(
  path: string,
  maxBytes: number,
  abort: Abort,
  isEnough: (bytes: Buffer) => boolean,
): Promise<SideInput> {
  const file = await open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  try {
    const stat = await file.stat();
    const target = Buffer.alloc(maxBytes);
    let length = 0;
    while (length < maxBytes && !isEnough(target.subarray(0, length))) {
      const bytes = await nextPiece(
        file,
        target.subarray(length),
        stat.isFIFO() && length === 0,
        abort,
      );
      if (bytes === 0) break;
      length += bytes;
    }
    return { bytes: target.subarray(0, length), stat };
  } finally {
    // It was only read: nothing is lost by not waiting.
    void file.close().catch(() => undefined);
  }
}

/** How much came; 0 at the end. A pipe without a writer looks like one that has ended, until the first byte. */
async function nextPiece(
  file: FileHandle,
  target: Buffer,
  mayBeginLater: boolean,
  abort: Abort,
): Promise<number> {
  const deadline = performance.now() + writerPatience;
  while (!abort.cause) {
    const bytes = await readNow(file, target);
    if (bytes !== undefined && (bytes > 0 || !mayBeginLater)) return bytes;
    if (bytes === 0 && performance.now() > deadline) throw new Error('nobody writes to this pipe');
    await sleep(pause);
  }
  throw abort.cause;
}

/** Undefined where there is nothing yet, but somebody who may write. */
async function readNow(file: FileHandle, target: Buffer): Promise<number | undefined> {
  try {
    return (await file.read(target, 0, target.length, null)).bytesRead;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

const reasons: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

/** The operating system's reason, in words. */
export function why(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
