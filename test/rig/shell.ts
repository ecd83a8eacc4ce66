// vdibackup as a command of a shell: real pipes, closed descriptors, FIFOs whose other end a test holds.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Program, ProgramOptions } from './program.ts';
import { binPath, type Rig } from './rig.ts';

/** `script` with vdibackup and `args`, which connect to the rig's server where they need one, as "$@". */
export function shell(
  rig: Rig,
  script: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  const command = ['sh', '-c', script, 'sh', process.execPath, binPath, ...args];
  return rig.spawn(command, options);
}

/** A FIFO in the rig's folder. */
export function fifo(rig: Rig, name: string): string {
  const path = rig.path(name);
  execFileSync('mkfifo', [path]);
  return path;
}

/** A pipe whose reader stands still as long as the test holds it. */
export class UnreadPipe {
  readonly path: string;
  readonly #reader: number;
  readonly #writer: number;

  constructor(rig: Rig, name: string) {
    this.path = fifo(rig, name);
    this.#reader = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#writer = openSync(this.path, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  /** From now on it takes nothing. */
  fill(): this {
    const page = Buffer.alloc(4096);
    try {
      while (writeSync(this.#writer, page) > 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return this;
  }

  close(): void {
    closeSync(this.#reader);
    closeSync(this.#writer);
  }
}
