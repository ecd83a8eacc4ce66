// Writes a stripe into a descriptor somebody else opened: standard output as a pipe, a socket or a
// redirected file. Not here: where it leads, and closing it.
import { constants, fstatSync, fsync, write } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { Failure, internalError } from '../base/errors.ts';
import { ERROR_BROKEN_PIPE } from '../base/platform/win32.ts';
import { isNonBlocking, reopened } from '../system/inherited-descriptor.ts';
import { ioFailure, systemErrorName } from './io-failure.ts';
import type { Sink } from './sink.ts';

const name = 'standard output';
const writeFd = promisify(write);
const fsyncFd = promisify(fsync);
/** Descriptors that cannot be synced have nothing to make durable: pipes, sockets, /dev/null. */
const syncUnsupported = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EROFS', 'EISDIR']);

/**
 * A sink on descriptor `fd` (standard output is 1), which stays open: the reader sees the end of the data
 * when the process ends. `discard` closes a pipe or socket. Failure `usage` for a terminal, `io` when the
 * descriptor is not open. The process's own stream on the same descriptor must not be in use.
 */
export function openStdoutSink(fd: number): Sink {
  if (isatty(fd)) {
    throw new Failure('stdout-is-a-terminal', 'a backup is not written to a terminal', {
      hints: ['redirect standard output to a file or a program, or name a file instead of -'],
    });
  }
  if (!isPipe(fd)) return new DescriptorSink(fd);
  // Polling needs O_NONBLOCK, which must not be set on a description that others share.
  const own = reopened(fd, constants.O_WRONLY) ?? (maySetFlags(fd) ? fd : undefined);
  return own === undefined ? new DescriptorSink(fd) : new PipeSink(own);
}

/** Failure `io` when it is closed. Windows may refuse to describe a handle that takes writes all the same. */
function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch (thrown) {
    if (process.platform === 'win32') return false;
    throw ioFailure('write', name, thrown, ['start vdibackup with an open standard output']);
  }
}

/** Windows has no such flag to share. */
function maySetFlags(fd: number): boolean {
  return process.platform !== 'linux' || isNonBlocking(fd);
}

/** What both kinds share: consecutive positions, sticky failure, an end. */
abstract class StreamSink implements Sink {
  readonly name = name;
  readonly rewritable = false;
  #failure: Error | undefined;
  #position = 0;
  #closed = false;

  protected abstract put(bytes: Uint8Array): Promise<void>;
  protected abstract flush(): Promise<void>;
  protected abstract end(): Promise<void>;
  protected abstract giveUp(): void;

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (position !== this.#position) throw internalError(`position ${this.#position}`, position);
    return this.#sticky('write', async () => {
      await this.put(bytes);
      this.#position += bytes.length;
    });
  }

  sync(): Promise<void> {
    return this.#sticky('make durable', () => this.flush());
  }

  close(): Promise<void> {
    return this.#sticky('close', async () => {
      this.#closed = true;
      await this.end();
    });
  }

  async discard(): Promise<boolean> {
    this.#failure ??= internalError('a stream in use', 'a discarded one');
    if (!this.#closed) this.giveUp();
    return true;
  }

  protected fail(thrown: unknown): void {
    this.#failure ??= ioFailure('write', name, thrown);
  }

  async #sticky(what: string, step: () => Promise<void>): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#closed) throw internalError('an open stream', 'a closed one');
    try {
      await step();
    } catch (thrown) {
      this.#failure ??= ioFailure(what, name, thrown);
    }
    if (this.#failure) throw this.#failure;
  }
}

/**
 * Files and devices: plain writes at the descriptor's own offset (the shell's `>>` keeps its meaning). Sockets, and pipes
 * of another account, too: a write that waits for the reader then holds a thread of the pool, which ends with the process.
 */
class DescriptorSink extends StreamSink {
  readonly #fd: number;

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  protected async put(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await writeFd(this.#fd, bytes, done, bytes.length - done, null);
      if (bytesWritten === 0) throw new Error('the system takes no more bytes');
      done += bytesWritten;
    }
  }

  protected async flush(): Promise<void> {
    try {
      await fsyncFd(this.#fd);
    } catch (thrown) {
      if (!syncUnsupported.has(systemErrorName(thrown) ?? '')) throw thrown;
    }
  }

  protected async end(): Promise<void> {}

  protected giveUp(): void {}
}

/** Pipes: through libuv's polling. A reader that stands still holds no thread. */
class PipeSink extends StreamSink {
  readonly #socket: Socket;

  constructor(fd: number) {
    super();
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', (error) => this.fail(error));
    this.#socket.on('close', () => this.fail(goneAway()));
  }

  /** Settles when the system has taken all of `bytes`: that is the back-pressure. */
  protected put(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  protected async flush(): Promise<void> {}

  /** Every write has been taken, and an idle handle does not keep the process alive. */
  protected async end(): Promise<void> {}

  protected giveUp(): void {
    this.#socket.destroy();
  }
}

function goneAway(): Failure {
  return new Failure('broken-pipe', `cannot write ${name}: it was closed`, {
    hints: ['the program that reads the output ended early: look at its own error'],
    win32: ERROR_BROKEN_PIPE,
  });
}
