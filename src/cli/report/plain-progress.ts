// Progress for logs, CI and pipes: a line per 10 %, or, while SQL Server names no percentage, per 30 s.

import type { Progress } from '../../base/events.ts';
import type { Output } from './output.ts';
import { ProgressGauge } from './progress-gauge.ts';

const percentStep = 10;
/** Milliseconds. */
const silence = 30_000;

/** Shows running totals until it is stopped. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  stop(): void;
}

export class PlainProgress implements ProgressDisplay {
  readonly #output: Output;
  readonly #gauge = new ProgressGauge();
  #nextPercent = percentStep;
  #lastTime = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  update(progress: Progress): void {
    const words = this.#gauge.say(progress);
    if (!this.#isDue(progress)) return;
    this.#lastTime = progress.elapsedMs;
    this.#output.line(`progress: ${words}`);
  }

  stop(): void {
    this.#nextPercent = Number.POSITIVE_INFINITY;
  }

  #isDue({ percent, elapsedMs }: Progress): boolean {
    if (percent === undefined) return elapsedMs - this.#lastTime >= silence;
    if (percent < this.#nextPercent) return false;
    this.#nextPercent = (Math.floor(percent / percentStep) + 1) * percentStep;
    return true;
  }
}
