// A Zstandard stream whose frames are too long to take whole, or of unknown length: read in pieces and
// decompressed by one worker, while the next piece is already being read.

import { KiB } from '../../base/byte-size.ts';
import { asError, Failure } from '../../base/errors.ts';
import { damaged } from '../../storage/io-failure.ts';
import type { Source } from '../../storage/source.ts';
import type { DecompressPool } from './decompress-pool.ts';

/** Compressed bytes given to the worker at a time. */
const inputBytes = 512 * KiB;

interface Decoded {
  /** Bytes in the slot now. */
  readonly filled: number;
  readonly ended: boolean;
  /** What zstd said of the bytes behind `position`. */
  readonly error?: string;
}

export class StreamDecoder {
  readonly #source: Source;
  readonly #end: number;
  readonly #pool: DecompressPool;
  readonly #stream: number;
  readonly #buffers = [
    new Uint8Array(new SharedArrayBuffer(inputBytes)),
    new Uint8Array(new SharedArrayBuffer(inputBytes)),
  ] as const;
  #current = 0;
  #input: Uint8Array = this.#buffers[0].subarray(0, 0);
  #ahead: Promise<number> | undefined;
  #readAt: number;
  #wanted = 0;
  /** Offset in the file of the first byte not yet decompressed. */
  position: number;

  /** Of the bytes from `start` to `end`. */
  constructor(source: Source, start: number, end: number, pool: DecompressPool) {
    this.#source = source;
    this.#end = end;
    this.#pool = pool;
    this.#stream = pool.openStream();
    this.position = start;
    this.#readAt = start;
  }

  /** Decompresses into `slot` until its `capacity` is reached or the stream ends. */
  async fill(slot: number, capacity: number): Promise<Decoded> {
    let filled = 0;
    while (filled < capacity) {
      if (this.#input.length === 0) await this.#refill();
      const atEnd = this.#input.length === 0;
      if (atEnd && this.#wanted === 0) return { filled, ended: true };
      const done = await this.#pool.stream(this.#stream, this.#input, slot, filled);
      if (done.error !== undefined) return { filled, ended: true, error: done.error };
      filled += done.produced;
      this.#input = this.#input.subarray(done.consumed);
      this.position += done.consumed;
      this.#wanted = done.wanted;
      if (atEnd && done.produced === 0 && this.#wanted > 0)
        return { filled, ended: true, error: 'the stream is cut short' };
    }
    return { filled, ended: false };
  }

  /** Nothing more is wanted of it. Never rejects: a worker that died is heard of elsewhere. */
  async end(): Promise<void> {
    await this.#pool.endStream(this.#stream).catch(asError);
  }

  /** The failure in words, for zstd's `words`. */
  broken(words: string): Failure {
    const { name } = this.#source;
    if (!/memory/i.test(words)) return damaged(name, `near byte ${this.position}: ${words}`);
    const message = `${name} cannot be decompressed: ${words}`;
    return new Failure('window-too-large', message, {
      hints: [`decompress it yourself first: zstd -d --long=31 --memory=2048MB ${name}`],
    });
  }

  async #refill(): Promise<void> {
    const length = await (this.#ahead ?? this.#readInto(this.#current));
    this.#input = this.#buffer(this.#current).subarray(0, length);
    this.#current = 1 - this.#current;
    this.#ahead = this.#readInto(this.#current);
    this.#ahead.catch(() => undefined);
  }

  async #readInto(index: number): Promise<number> {
    const at = this.#readAt;
    const length = Math.max(0, Math.min(inputBytes, this.#end - at));
    this.#readAt += length;
    return length === 0 ? 0 : this.#source.read(this.#buffer(index).subarray(0, length), at);
  }

  #buffer(index: number): Uint8Array {
    return index === 0 ? this.#buffers[0] : this.#buffers[1];
  }
}
