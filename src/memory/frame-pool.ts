// The fixed pool of frame buffers that every thread of a running job shares, and the back-pressure
// of the whole program: when no slot is free, whoever fills slots waits, and nothing else can grow.
//
// A slot has one owner at a time. Backup: device thread (acquire, fill) -> main -> compress worker ->
// main (write, release). Restore: main (acquire) -> decompress worker (read, decompress) -> device thread -> main.
// Ownership travels with the message that names the slot; the bytes themselves never move.

/** Slot states and counters in the pool's control array, by index. */
const RELEASES = 0; // bumped on every release and on wake(); waiters sleep on it
const ABORTED = 1; // 1 once the job is aborting: acquire gives up at once
const FIRST_SLOT = 2; // 0 = free, 1 = owned

/** What another thread needs to use the same pool; travels as workerData. */
export interface FramePoolHandle {
  readonly memory: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly slotCount: number;
  /** Raw bytes a slot takes: the frame size. */
  readonly frameSize: number;
  /** Bytes a slot holds, at least the compress bound of the frame size. */
  readonly slotCapacity: number;
}

export class FramePool {
  readonly handle: FramePoolHandle;
  readonly #control: Int32Array;
  readonly #slots: readonly Uint8Array[];

  constructor(handle: FramePoolHandle) {
    this.handle = handle;
    this.#control = new Int32Array(handle.control);
    this.#slots = Array.from(
      { length: handle.slotCount },
      (_, slot) => new Uint8Array(handle.memory, slot * handle.slotCapacity, handle.slotCapacity),
    );
  }

  /** A new pool; sizes in bytes. `memory` is one to use, at least as large as all slots. */
  static create(
    slotCount: number,
    frameSize: number,
    slotCapacity: number,
    memory?: ArrayBufferLike,
  ): FramePool {
    return new FramePool({
      memory: (memory as SharedArrayBuffer) ?? new SharedArrayBuffer(slotCount * slotCapacity),
      control: new SharedArrayBuffer((FIRST_SLOT + slotCount) * Int32Array.BYTES_PER_ELEMENT),
      slotCount,
      frameSize,
      slotCapacity,
    });
  }

  /** The bytes of a slot; only its owner may touch them. */
  bytes(slot: number): Uint8Array {
    const bytes = this.#slots[slot];
    if (!bytes)
      throw new RangeError(
        `internal error: expected a slot below ${this.#slots.length}, but was ${slot}`,
      );
    return bytes;
  }

  /** A free slot now, or -1. */
  tryAcquire(): number {
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      if (Atomics.compareExchange(this.#control, FIRST_SLOT + slot, 0, 1) === 0) return slot;
    }
    return -1;
  }

  /**
   * A free slot, sleeping until there is one; -1 once the job aborts or `givenUp` answers true (it is
   * asked after every `wake`). Blocks: worker threads only.
   */
  acquire(givenUp: () => boolean): number {
    for (;;) {
      const seen = Atomics.load(this.#control, RELEASES);
      if (this.aborted || givenUp()) return -1;
      const slot = this.tryAcquire();
      if (slot >= 0) return slot;
      Atomics.wait(this.#control, RELEASES, seen);
    }
  }

  /** Gives a slot back; any thread, its owner only. */
  release(slot: number): void {
    Atomics.store(this.#control, FIRST_SLOT + slot, 0);
    this.wake();
  }

  /** Makes every sleeping acquire look again. */
  wake(): void {
    Atomics.add(this.#control, RELEASES, 1);
    Atomics.notify(this.#control, RELEASES);
  }

  /** Ends all waiting, for ever: the job is aborting. */
  abort(): void {
    Atomics.store(this.#control, ABORTED, 1);
    this.wake();
  }

  get aborted(): boolean {
    return Atomics.load(this.#control, ABORTED) === 1;
  }

  /** Slots nobody owns now; a gauge, for finding the side that is stuck. */
  get freeSlots(): number {
    let free = 0;
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      if (Atomics.load(this.#control, FIRST_SLOT + slot) === 0) free += 1;
    }
    return free;
  }
}
