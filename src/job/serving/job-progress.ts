import type { Emit } from '../../base/events.ts';

/** How often progress is said, ms. Reporters show it as often as suits them. */
const intervalMs = 250;

export interface ByteCounters {
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/** Whether a job makes what is stored or reads it. */
type JobDirection = 'storing' | 'reading';

/** In percent of the whole job. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export const wholeJob: Part = { from: 0, to: 100 };
/** Of a job that reads its files twice: first vdibackup, then SQL Server. */
export const ownReading: Part = { from: 0, to: 50 };
export const serverReading: Part = { from: 50, to: 100 };

/** `whole` cut into parts by their bytes; into equal ones where not every size is known. */
export function partsOf(sizes: readonly (number | undefined)[], whole = wholeJob): Part[] {
  const known = sizes.filter((size) => size !== undefined && size > 0);
  const weights = known.length === sizes.length ? sizes.map(Number) : sizes.map(() => 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let done = 0;
  return weights.map((weight) => {
    const at = (bytes: number) => whole.from + ((whole.to - whole.from) * bytes) / total;
    const part = { from: at(done), to: at(done + weight) };
    done += weight;
    return part;
  });
}

/** Says regularly how far the job is, and keeps the last word on percent, SQL Server's or the job's own. */
export class JobProgress {
  readonly #emit: Emit;
  readonly #direction: JobDirection;
  readonly #startedAt = performance.now();
  #counters: ByteCounters = { rawBytes: 0, storedBytes: 0 };
  #percent: number | undefined;
  #part = wholeJob;
  #messages = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: Emit, direction: JobDirection) {
    this.#emit = emit;
    this.#direction = direction;
  }

  /** Whole milliseconds since the job began. */
  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
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

  /** The statement or file under way is this part of the job; its own percentage begins anew. */
  begin(part: Part): void {
    this.#part = part;
  }

  /** `percent` is of the part under way, 0 to 100. */
  heard(percent: number | undefined): void {
    this.#messages += 1;
    if (percent === undefined) return;
    const { from, to } = this.#part;
    this.#percent = Math.max(this.#percent ?? 0, from + (percent * (to - from)) / 100);
  }

  /** All is done, whatever was left out or not counted on the way. */
  complete(): void {
    this.#percent = wholeJob.to;
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
