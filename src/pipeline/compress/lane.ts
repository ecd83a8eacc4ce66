// One stripe's way from the device to its file: frames are compressed in any order, on any core, and
// written in the order in which the device gave them.

import type { StripeWriter } from '../../archive/writer/stripe-writer.ts';
import { deferred } from '../../base/deferred.ts';
import { asError } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';

/** What a lane writes to; an archive or a bare stream. Appends are called one after another. */
export type LaneWriter = Pick<StripeWriter, 'appendFrame'>;

/** What a lane is waiting for now; a gauge for finding the side that is stuck. */
export type LaneWait = 'nothing' | 'compression' | 'disk';

export class Lane {
  readonly #pool: FramePool;
  readonly #writer: LaneWriter;
  readonly #onStored: (storedBytes: number) => void;
  #tail: Promise<void> = Promise.resolve();
  #wait: LaneWait = 'nothing';
  readonly #failed = deferred<Error>();

  constructor(pool: FramePool, writer: LaneWriter, onStored: (storedBytes: number) => void) {
    this.#pool = pool;
    this.#writer = writer;
    this.#onStored = onStored;
  }

  /** Resolves with the first failure, if one ever comes. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  get waitsFor(): LaneWait {
    return this.#wait;
  }

  /**
   * Queues a slot, which the lane owns from now on; `frameBytes` tells how much of it to write, once it
   * is compressed. The promise settles when it is written; after a failure all later ones fail alike.
   */
  push(slot: number, rawBytes: number, frameBytes: Promise<number>): Promise<void> {
    // Compression may fail long before its turn to be written comes.
    frameBytes.catch((thrown: unknown) => this.#failed.resolve(asError(thrown)));
    this.#tail = this.#tail.then(() => this.#store(slot, rawBytes, frameBytes));
    this.#tail.catch((thrown: unknown) => this.#failed.resolve(asError(thrown)));
    return this.#tail;
  }

  /** Settles when everything pushed so far is written, or with the first failure. */
  drained(): Promise<void> {
    return this.#tail;
  }

  async #store(slot: number, rawBytes: number, frameBytes: Promise<number>): Promise<void> {
    this.#wait = 'compression';
    const storedBytes = await frameBytes;
    this.#wait = 'disk';
    await this.#writer.appendFrame(this.#pool.bytes(slot).subarray(0, storedBytes), rawBytes);
    this.#wait = 'nothing';
    this.#pool.release(slot);
    this.#onStored(storedBytes);
  }
}
