// `--json`: JSON Lines on stderr, one event per line, the last one `summary` or `error`; each with the time (ISO 8601, UTC).
// A stable interface.

import type { JobEvent, JobSummary } from '../../base/events.ts';
import type { ErrorReport } from './error-report.ts';
import type { Output } from './output.ts';
import type { Reporter } from './reporter.ts';
import { errorObject, type JsonEvent, type RunTitle, summaryObject } from './result-line.ts';

/** Milliseconds between two progress lines, so that a log collector is not flooded. */
const progressInterval = 1000;

type ProgressEvent = Extract<JobEvent, { event: 'progress' }>;

export class JsonReporter implements Reporter {
  readonly #output: Output;
  readonly #now: () => number;
  #lastProgress = Number.NEGATIVE_INFINITY;
  #held: ProgressEvent | undefined;

  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  event(event: JobEvent): void {
    if (event.event === 'debug') return;
    if (event.event === 'progress') this.#progress(event);
    else this.#write(event);
  }

  stopping(reason: string, again: boolean): void {
    this.#write({ event: 'stopping', reason, again });
  }

  succeeded(summary: JobSummary): void {
    this.#release();
    this.#output.last(() => this.#write(summaryObject(summary)));
  }

  failed(report: ErrorReport, title: RunTitle | undefined): void {
    this.#release();
    this.#output.last(() => this.#write(errorObject(report, title)));
  }

  #progress(event: ProgressEvent): void {
    this.#held = event;
    if (this.#now() - this.#lastProgress >= progressInterval) this.#release();
  }

  #release(): void {
    if (!this.#held) return;
    this.#write(this.#held);
    this.#held = undefined;
    this.#lastProgress = this.#now();
  }

  #write({ event, ...fields }: JsonEvent | JobEvent): void {
    this.#output.json({ event, time: new Date(this.#now()).toISOString(), ...fields });
  }
}
