import type { JobEvent, JobSummary } from '../../base/events.ts';
import type { Redactor } from '../secrets/redact.ts';
import type { ErrorReport } from './error-report.ts';
import type { RunTitle } from './result-line.ts';

/**
 * Who tells the story of a run: to a person, a machine or a log file. Calls come in this order: any events,
 * then exactly one of `succeeded` and `failed`, which is the last. No call throws.
 */
export interface Reporter {
  event(event: JobEvent): void;
  /** A signal came; `again` = the second one. */
  stopping(reason: string, again: boolean): void;
  /** `words` are lines for people; the last is the last line. */
  succeeded(summary: JobSummary, words: readonly string[]): void;
  failed(report: ErrorReport, title: RunTitle | undefined): void;
  /** After the last call: waits, not for long, until all of it is where it belongs; a warning when it is not. */
  settled?(): Promise<Warning | undefined>;
}

export type Warning = Extract<JobEvent, { event: 'warning' }>;

/**
 * Several reporters as one; the terminal has the last word, which tells of a log that is not whole. None of them is given a
 * secret: what they are told is scrubbed here, before fixed words are put around it.
 */
export class Reporters {
  readonly #terminal: Reporter;
  readonly #others: Reporter[] = [];
  readonly #redactor: Redactor;

  constructor(terminal: Reporter, redactor: Redactor) {
    this.#terminal = terminal;
    this.#redactor = redactor;
  }

  add(reporter: Reporter): void {
    this.#others.unshift(reporter);
  }

  event(event: JobEvent): void {
    // Four times a second, and nothing but numbers.
    const clean = event.event === 'progress' ? event : this.#redactor.scrubValue(event);
    for (const reporter of this.#all) reporter.event(clean);
  }

  stopping(reason: string, again: boolean): void {
    for (const reporter of this.#all) reporter.stopping(reason, again);
  }

  succeeded<Summary extends JobSummary, Title extends RunTitle>(
    summary: Summary,
    title: Title,
    words: (summary: Summary, title: Title) => readonly string[],
  ): Promise<void> {
    const clean = this.#redactor.scrubValue({ summary, title });
    const lines = words(clean.summary, clean.title);
    return this.#last((reporter) => reporter.succeeded(clean.summary, lines));
  }

  failed(report: ErrorReport, title: RunTitle | undefined): Promise<void> {
    const clean = this.#redactor.scrubValue({ report, title });
    return this.#last((reporter) => reporter.failed(clean.report, clean.title));
  }

  get #all(): Reporter[] {
    return [...this.#others, this.#terminal];
  }

  async #last(speak: (reporter: Reporter) => void): Promise<void> {
    for (const reporter of this.#others) {
      speak(reporter);
      const warning = await reporter.settled?.();
      if (warning) this.#terminal.event(this.#redactor.scrubValue(warning));
    }
    speak(this.#terminal);
  }
}
