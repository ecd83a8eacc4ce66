/**
 * Keeps a stream at or below a rate by saying how long its next piece must wait. Time lost is not made
 * up for later: after a pause the rate starts afresh, so there is never a burst above it.
 */
export class Throttle {
  readonly #bytesPerMs: number;
  readonly #now: () => number;
  #nextAt = 0;

  /** `bytesPerSecond` > 0; `now` in milliseconds, monotonic. */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#now = now;
  }

  /** Milliseconds to wait before `bytes` may pass. */
  delay(bytes: number): number {
    const now = this.#now();
    const start = Math.max(now, this.#nextAt);
    this.#nextAt = start + bytes / this.#bytesPerMs;
    return start - now;
  }
}
