import type { ByteCounters } from '../serving/job-progress.ts';

/** Bytes of all readings of a job: those that are done and the one under way. */
export class ReadCounters implements ByteCounters {
  #done: ByteCounters = { rawBytes: 0, storedBytes: 0 };
  #reading: ByteCounters | undefined;

  get rawBytes(): number {
    return this.#done.rawBytes + (this.#reading?.rawBytes ?? 0);
  }

  get storedBytes(): number {
    return this.#done.storedBytes + (this.#reading?.storedBytes ?? 0);
  }

  /** What was read before the first reading. */
  start({ rawBytes, storedBytes }: ByteCounters): void {
    this.#done = { rawBytes, storedBytes };
  }

  /** A reading is under way; what an earlier one read and `add` did not count is forgotten. */
  reads(reading: ByteCounters): void {
    this.#reading = reading;
  }

  /** The reading under way is done, and counts. */
  add(): void {
    this.#done = { rawBytes: this.rawBytes, storedBytes: this.storedBytes };
    this.#reading = undefined;
  }
}
