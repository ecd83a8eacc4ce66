// Running totals -> what a person wants to know: how far, how fast, how long still.

import { formatByteSize } from '../../base/byte-size.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Progress } from '../../base/events.ts';
import { formatRatio } from './result-line.ts';

/** The span over which the speed is measured, in milliseconds: long enough to be calm, short enough to be now. */
const window = 5000;

export class ProgressGauge {
  #samples: Progress[] = [{ rawBytes: 0, storedBytes: 0, elapsedMs: 0 }];
  #percentSaid: Progress | undefined;

  /**
   * Takes the newest totals and says them, e.g. `45% 175.2 GiB -> 45.5 GiB (3.85x) 1.54 GiB/s eta 2m20s`; of a job that
   * reads, the stored bytes first, as in its last line.
   */
  say(progress: Progress): string {
    this.#take(progress);
    const percent = progress.percent === undefined ? '' : `${Math.floor(progress.percent)}% `;
    const speed = `${formatByteSize(this.#bytesPerSecond())}/s`;
    const left = this.#timeLeft(progress);
    const eta = left === undefined ? formatDuration(progress.elapsedMs) : `eta ${left}`;
    return `${percent}${bytesMoved(progress)} ${speed} ${eta}`;
  }

  #take(progress: Progress): void {
    this.#samples.push(progress);
    while (this.#samples.length > 2 && this.#isOld(this.#samples[1], progress)) {
      this.#samples.shift();
    }
    if (progress.percent !== this.#percentSaid?.percent) this.#percentSaid = progress;
  }

  #isOld(sample: Progress | undefined, now: Progress): boolean {
    return sample !== undefined && now.elapsedMs - sample.elapsedMs >= window;
  }

  #bytesPerSecond(): number {
    const newest = this.#samples.at(-1);
    if (!newest) return 0;
    const oldest = this.#samples.length > 1 ? this.#samples[0] : undefined;
    const ms = newest.elapsedMs - (oldest?.elapsedMs ?? 0);
    return ms > 0 ? ((newest.rawBytes - (oldest?.rawBytes ?? 0)) * 1000) / ms : 0;
  }

  /** SQL Server says its percentage in steps: what was left at the step, less the time since. */
  #timeLeft(progress: Progress): string | undefined {
    const step = this.#percentSaid;
    if (!step?.percent || step.percent >= 100) return undefined;
    const left = (step.elapsedMs * (100 - step.percent)) / step.percent;
    return formatDuration(Math.max(0, left - (progress.elapsedMs - step.elapsedMs)));
  }
}

function bytesMoved(progress: Progress): string {
  const [raw, stored] = [formatByteSize(progress.rawBytes), formatByteSize(progress.storedBytes)];
  return progress.reading
    ? `${stored} -> ${raw}`
    : `${raw} -> ${stored} (${formatRatio(progress)})`;
}
