import type { JobEvent, JobSummary } from '../base/events.js';
import type { ErrorReport } from './report/error-report.js';
import type { RunTitle } from './report/result-line.js';

/**
 * Who tells the story of a run: to a person, a machine or a log file. Calls come in this order: any events,
 * then exactly one of `succeeded` and `failed`, which is the last. No call throws.
 */
export interface Reporter {
  event(event: JobEvent): void;
  /** A signal came; `again` = the second one. */
  stopping(reason: string, again: boolean): void;
  succeeded(summary: JobSummary, title: RunTitle): void;
  failed(report: ErrorReport, title: RunTitle | undefined): void;
}

/** Several reporters as one; the one added last speaks first, so that the terminal has the last word. */
export class Reporters implements Reporter {
  readonly #all: Reporter[];

  constructor(first: Reporter) {
    this.#all = [first];
  }

  add(reporter: Reporter): void {
    this.#all.unshift(reporter);
  }

  event(event: JobEvent): void {
    for (const reporter of this.#all) reporter.event(event);
  }

  stopping(reason: string, again: boolean): void {
    for (const reporter of this.#all) reporter.stopping(reason, again);
  }

  succeeded(summary: JobSummary, title: RunTitle): void {
    for (const reporter of this.#all) reporter.succeeded(summary, title);
  }

  failed(report: ErrorReport, title: RunTitle | undefined): void {
    for (const reporter of this.#all) reporter.failed(report, title);
  }
}
