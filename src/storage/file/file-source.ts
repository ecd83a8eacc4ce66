// A backup file that is read. Not here: what its bytes mean.
import { constants, read, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Failure } from '../../base/errors.ts';
import { ioFailure, systemErrorName } from '../io-failure.ts';
import type { Source } from '../source.ts';

const readAsync = promisify(read);

/** What is needed of a FileHandle. */
type OpenFile = Pick<FileHandle, 'close' | 'fd'> & {
  read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
};

export class FileSource implements Source {
  readonly name: string;
  readonly bytes: number;
  readonly seekable = true;
  readonly #file: OpenFile;

  private constructor(name: string, file: OpenFile, bytes: number) {
    this.name = name;
    this.#file = file;
    this.bytes = bytes;
  }

  /** Opens a regular file. Failure `io`. */
  static async open(path: string): Promise<FileSource> {
    try {
      // Without O_NONBLOCK opening a named pipe waits for a writer that may never come.
      const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        const stat = await file.stat();
        refuseOthers(path, stat);
        return new FileSource(path, file, stat.size);
      } catch (thrown) {
        await file.close().catch(() => undefined);
        throw thrown;
      }
    } catch (thrown) {
      throw ioFailure('read', path, thrown, readHints(thrown));
    }
  }

  /** A regular file that is open already, such as a redirected standard input; `close` leaves it open. */
  static adopt(name: string, descriptor: number, bytes: number): FileSource {
    const file: OpenFile = {
      fd: descriptor,
      read: (target, offset, length, position) =>
        readAsync(descriptor, target, offset, length, position),
      close: async () => undefined,
    };
    return new FileSource(name, file, bytes);
  }

  get descriptor(): number {
    return this.#file.fd;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    try {
      let done = 0;
      while (done < target.length) {
        const { bytesRead } = await this.#file.read(
          target,
          done,
          target.length - done,
          position + done,
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    } catch (thrown) {
      throw ioFailure('read', this.name, thrown, readHints(thrown));
    }
  }

  /** Never rejects: nothing was written, so the system has nothing to report. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

/**
 * As `Source.read`, of the file behind `descriptor`, which `name` is for the user: on the calling thread, which sleeps
 * meanwhile. Failure `io`.
 */
export function readDescriptor(
  descriptor: number,
  name: string,
  target: Uint8Array,
  position: number,
): number {
  try {
    let done = 0;
    while (done < target.length) {
      const bytes = readSync(descriptor, target, done, target.length - done, position + done);
      if (bytes === 0) break;
      done += bytes;
    }
    return done;
  } catch (thrown) {
    throw ioFailure('read', name, thrown, readHints(thrown));
  }
}

function refuseOthers(path: string, stat: Stats): void {
  if (stat.isFile()) return;
  const what = stat.isDirectory() ? 'a folder' : 'not a regular file';
  throw new Failure('not-a-file', `cannot read ${path}: it is ${what}`, {
    hints: ['name the backup file itself'],
  });
}

function readHints(thrown: unknown): readonly string[] | undefined {
  switch (systemErrorName(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['check the path of the backup file'];
    case 'EACCES':
    case 'EPERM':
      return ['run vdibackup as an account that may read the file'];
    default:
      return undefined;
  }
}
