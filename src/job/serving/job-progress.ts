import type { Emit } from '../../base/events.js';

/** How often progress is said, ms. Reporters show it as often as suits them. */
const intervalMs = 250;

export interface ByteCounters {
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/** Whether a job makes what is stored or reads it. */
export type JobDirection = 'storing' | 'reading';

/** Says regularly how far the job is, and keeps the last word on percent, SQL Server's or the job's own. */
export class JobProgress {
  readonly #emit: Emit;
  readonly #direction: JobDirection;
  readonly #startedAt = performance.now();
  #counters: ByteCounters = { rawBytes: 0, storedBytes: 0 };
  #percent: number | undefined;
  #messages = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: Emit, direction: JobDirection) {
    this.#emit = emit;
    this.#direction = direction;
  }

  /** Milliseconds since the job began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** A number that changes with every byte moved and everything SQL Server said. */
  get moved(): number {
    return this.#counters.rawBytes + this.#counters.storedBytes + this.#messages;
  }

  watch(counters: ByteCounters): void {
    this.#counters = counters;
    this.#timer = setInterval(() => this.say(), intervalMs);
    this.#timer.unref();
  }

  heard(percent: number | undefined): void {
    this.#messages += 1;
    if (percent !== undefined) this.#percent = percent;
  }

  say(): void {
    const { rawBytes, storedBytes } = this.#counters;
    this.#emit({
      event: 'progress',
      rawBytes,
      storedBytes,
      elapsedMs: this.elapsedMs,
      ...(this.#percent !== undefined && { percent: this.#percent }),
      ...(this.#direction === 'reading' && { reading: true }),
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
