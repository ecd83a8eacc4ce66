// Text to a file descriptor, at once: the process may end right after, and a pipe that Node or its
// other end made non-blocking answers EAGAIN instead of waiting.

import { writeSync } from 'node:fs';

/** How long a reader that takes nothing may hold up the job, in milliseconds; then the text is dropped. */
const patience = 2000;
/** Milliseconds between two tries. */
const pause = 5;

type Write = (fd: number, bytes: Uint8Array) => number;

/**
 * A function that writes text to `fd` and never throws: nobody listening must not end a backup. Its answer is whether
 * all of it was written.
 */
export function syncWriter(fd: number, write: Write = writeSync): (text: string) => boolean {
  let gone = false;
  let waitsLeft = patience / pause;

  /** Whether to try again after `code`. */
  const goOn = (code: string | undefined): boolean => {
    if (code === 'EINTR') return true;
    if (code === 'ENOSPC') return false;
    gone = code !== 'EAGAIN';
    if (gone || waitsLeft <= 0) return false;
    waitsLeft -= 1;
    sleep();
    return true;
  };

  return (text) => {
    let rest: Uint8Array = Buffer.from(text);
    while (rest.length > 0 && !gone) {
      try {
        rest = rest.subarray(write(fd, rest));
        waitsLeft = patience / pause;
      } catch (error) {
        if (!goOn((error as NodeJS.ErrnoException).code)) return false;
      }
    }
    return rest.length === 0;
  };
}

function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
}
