// Shares the slots of a pool among the stripes that are read at the same time: each may always have one,
// so that no stripe can starve another, whichever the server asks for first.
import { internalError } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';

interface Waiter {
  readonly stripe: number;
  readonly resolve: (slot: number | undefined) => void;
}

/** All calls on the main thread. */
export class SlotShare {
  readonly #pool: FramePool;
  /** Slots held by each stripe; undefined once it is done. */
  readonly #held: (number | undefined)[];
  #waiters: Waiter[] = [];
  #free: number;

  constructor(pool: FramePool, stripes: number) {
    if (pool.handle.slotCount < stripes)
      throw internalError(`a slot for each of ${stripes} stripes`, pool.handle.slotCount);
    this.#pool = pool;
    this.#free = pool.handle.slotCount;
    this.#held = Array.from({ length: stripes }, () => 0);
  }

  /** A slot, when there is one for this stripe; undefined after `retire`. */
  acquire(stripe: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#waiters.push({ stripe, resolve });
      this.#serve();
    });
  }

  release(stripe: number, slot: number): void {
    const held = this.#held[stripe];
    if (held !== undefined) this.#held[stripe] = held - 1;
    this.#free += 1;
    this.#pool.release(slot);
    this.#serve();
  }

  /** The stripe needs no more slots; it still releases those it has. */
  retire(stripe: number): void {
    this.#held[stripe] = undefined;
    this.#serve();
  }

  #serve(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#held[waiter.stripe] === undefined) waiter.resolve(undefined);
      else if (this.#mayTake(waiter.stripe)) waiter.resolve(this.#take(waiter.stripe));
      else this.#waiters.push(waiter);
    }
  }

  #mayTake(stripe: number): boolean {
    if (this.#free === 0) return false;
    const reserved = this.#held.filter((held) => held === 0).length;
    return this.#held[stripe] === 0 || this.#free > reserved;
  }

  #take(stripe: number): number {
    const slot = this.#pool.tryAcquire();
    if (slot < 0) throw internalError('a free slot', 'none');
    this.#free -= 1;
    this.#held[stripe] = (this.#held[stripe] ?? 0) + 1;
    return slot;
  }
}
