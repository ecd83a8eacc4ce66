// Standard input as a source. A redirected file is a file, unless somebody has read from it before; a pipe can only be
// read onwards, so what may be asked for again is kept: all of its beginning until `passHead`, later the last stretch.
// Bounded in both cases.

import { constants, createReadStream, fstatSync, readFileSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { formatByteSize, KiB, MiB } from '../base/byte-size.ts';
import { asError, Failure, internalError } from '../base/errors.ts';
import { isNonBlocking, reopened } from '../system/inherited-descriptor.ts';
import { FileSource } from './file/file-source.ts';
import { ioFailure } from './io-failure.ts';
import type { Source } from './source.ts';

/** Bytes of the beginning that can be read twice: SQL Server looks at far less for the list of files. */
export const maxHeadBytes = 64 * MiB;
/** Readers look ahead to the end of a frame and come back to its start: frames are at most a few MiB there. */
const keptBytes = 16 * MiB;
/** How what is kept is cut. */
const chunkBytes = 256 * KiB;
const stdinName = 'standard input';

/** Standard input behind `descriptor`: a file when it is one, else what flows through it. Failure `io`. */
export async function openStdin(descriptor: number): Promise<FileSource | StdinSource> {
  let stat: Stats;
  try {
    stat = fstatSync(descriptor);
  } catch (thrown) {
    throw ioFailure('read', stdinName, thrown, ['standard input is closed: pipe a backup into it']);
  }
  if (stat.isFile() && readTo(descriptor) === 0)
    return FileSource.adopt(stdinName, descriptor, stat.size);
  return new StdinSource(streamOf(descriptor, stat));
}

/** Polling needs O_NONBLOCK, which must not be set on a description that others share; else a thread of the pool reads. */
function streamOf(descriptor: number, stat: Stats): Readable {
  const isPipe = stat.isFIFO() || stat.isSocket();
  const own = isPipe ? reopened(descriptor, constants.O_RDONLY) : undefined;
  const mayPoll = isPipe && (process.platform !== 'linux' || isNonBlocking(descriptor));
  return own !== undefined || mayPoll
    ? new Socket({ fd: own ?? descriptor, readable: true, writable: false })
    : createReadStream('', { fd: descriptor, autoClose: false });
}

/**
 * How much of a redirected file others have read before us, in bytes (proc(5), fdinfo): what is meant begins there. Only
 * Linux tells; elsewhere it is taken to be nothing.
 */
function readTo(descriptor: number): number {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    return Number(/^pos:\s*(\d+)$/m.exec(info)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export class StdinSource implements Source {
  readonly name = stdinName;
  readonly seekable = false;
  readonly descriptor = undefined;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Uint8Array>;
  /** Of `chunkBytes` each, full but for the last; the first begins at `#start`, a multiple of that. */
  readonly #chunks: Uint8Array[] = [];
  #start = 0;
  /** Where what has come ends. */
  #end = 0;
  #ended = false;
  #keepsHead = true;
  /** Reads of an earlier pass may end late; where they are does not tell what can be forgotten. */
  #pass = 0;
  #failure: Failure | undefined;
  /** One read after the other: they all take from one pipe. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** Known once the end has come; endless before. */
  get bytes(): number {
    return this.#ended ? this.#end : Number.MAX_SAFE_INTEGER;
  }

  /** Bytes that have come. */
  get received(): number {
    return this.#end;
  }

  /** From now on the beginning is forgotten as it is passed. */
  passHead(): void {
    this.#keepsHead = false;
    this.#pass += 1;
  }

  /** What is kept is there at once, also while an earlier read waits for a pipe that has fallen silent. */
  async read(target: Uint8Array, position: number): Promise<number> {
    if (this.#has(position + target.length)) return this.#take(target, position);
    const pass = this.#pass;
    const read = this.#last.then(() => this.#read(target, position, pass));
    this.#last = read.catch(() => undefined);
    return read;
  }

  async close(): Promise<void> {
    this.#failure ??= new Failure('source-closed', `${stdinName} is no longer read`);
    this.#stream.destroy();
  }

  /** Not one byte more than asked for: whoever writes may never close the pipe. */
  #has(end: number): boolean {
    return this.#ended || this.#end >= end;
  }

  async #read(target: Uint8Array, position: number, pass: number): Promise<number> {
    while (!this.#has(position + target.length)) {
      await this.#pull();
      // On the way to a far position, too: it may lie gibibytes ahead.
      if (pass === this.#pass) this.#forget(position);
    }
    return pass === this.#pass ? this.#take(target, position) : 0;
  }

  #take(target: Uint8Array, position: number): number {
    if (position < this.#start) throw internalError(`a position from ${this.#start}`, position);
    const length = this.#copy(target, position);
    this.#forget(position);
    return length;
  }

  async #pull(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#keepsHead && this.#end >= maxHeadBytes) throw headTooLong();
    try {
      const { value, done } = await this.#pieces.next();
      if (done) this.#ended = true;
      else this.#keep(value);
    } catch (thrown) {
      // For good: the iterator of a failed stream answers the next question with an end.
      this.#failure ??= ioFailure('read', stdinName, asError(thrown));
    }
    if (this.#failure) throw this.#failure;
  }

  /** Into chunks of one length: a writer may send single bytes, and each piece of its own would take hundreds. */
  #keep(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      const at = this.#end % chunkBytes;
      if (at === 0) this.#chunks.push(new Uint8Array(chunkBytes));
      const part = piece.subarray(from, from + chunkBytes - at);
      this.#chunks.at(-1)?.set(part, at);
      from += part.length;
      this.#end += part.length;
    }
  }

  #copy(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.#end - position));
    for (let copied = 0; copied < length; ) {
      const at = position + copied - this.#start;
      const chunk = this.#chunks[Math.floor(at / chunkBytes)] as Uint8Array;
      const from = at % chunkBytes;
      const part = chunk.subarray(from, from + length - copied);
      target.set(part, copied);
      copied += part.length;
    }
    return length;
  }

  /** What lies too far in front of `position` to be asked for again; the last chunk stays, it may not be full. */
  #forget(position: number): void {
    if (this.#keepsHead) return;
    while (this.#chunks.length > 1 && this.#start + chunkBytes <= position - keptBytes) {
      this.#chunks.shift();
      this.#start += chunkBytes;
    }
  }
}

function headTooLong(): Failure {
  return new Failure(
    'stdin-head-too-long',
    `the list of files was not found in the first ${formatByteSize(maxHeadBytes)} of ${stdinName}, which cannot be read twice`,
    { hints: ['Save the backup to a file and restore that.'] },
  );
}
