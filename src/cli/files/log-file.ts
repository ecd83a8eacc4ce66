// `--log-file`: everything that happened, as pino's JSON, whatever the terminal shows.

import { type Logger, pino } from 'pino';
import type { JobEvent, JobSummary } from '../../base/events.ts';
import { escapedJson } from '../../base/printable.ts';
import type { ErrorReport } from '../report/error-report.ts';
import type { Reporter, Warning } from '../report/reporter.ts';
import { errorObject, type RunTitle, summaryObject } from '../report/result-line.ts';
import { openLog } from './log-descriptor.ts';
import { type Channel, Outlet } from './outlet.ts';
import { why } from './side-input.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** How long the end of a run waits for a log that takes nothing, and for one that is slow, in milliseconds. */
const stuckMs = 300;
const slowMs = 2000;

export class LogFile implements Reporter {
  readonly #path: string;
  readonly #outlet: Outlet;
  readonly #logger: Logger;
  #failed = false;

  /** Opens `path` for appending; `onFailure` hears once that nothing more is logged. */
  static async open(
    path: string,
    level: LogLevel,
    onFailure: (reason: string) => void,
  ): Promise<LogFile> {
    return new LogFile(path, await openLog(path), level, onFailure);
  }

  private constructor(
    path: string,
    channel: Channel,
    level: LogLevel,
    onFailure: (reason: string) => void,
  ) {
    this.#path = path;
    this.#outlet = new Outlet(channel, {
      onFailure: (error) => {
        if (this.#failed) return;
        this.#failed = true;
        onFailure(why(error));
      },
    });
    const destination = { write: (line: string) => this.#outlet.write(line) };
    const options = { level, timestamp: pino.stdTimeFunctions.isoTime };
    // Logs are read on terminals, too.
    this.#logger = pino({ ...options, hooks: { streamWrite: escapedJson } }, destination);
  }

  event(event: JobEvent): void {
    this.#write(levelOf(event), event);
  }

  stopping(reason: string, again: boolean): void {
    this.#write('warn', { event: 'stopping', reason, again });
  }

  succeeded(summary: JobSummary): void {
    this.#write('info', summaryObject(summary));
  }

  failed(report: ErrorReport, title: RunTitle | undefined): void {
    this.#write('error', errorObject(report, title));
  }

  async settled(): Promise<Warning | undefined> {
    if (await this.#outlet.drained(stuckMs, slowMs)) return undefined;
    const lines = this.#outlet.takeLost() + this.#outlet.waitingLines;
    if (this.#failed || lines === 0) return undefined;
    const are = lines === 1 ? 'line is' : 'lines are';
    const message = `${lines} ${are} missing in the log '${this.#path}': it took no more bytes`;
    return { event: 'warning', code: 'log-file', message };
  }

  #write(level: LogLevel, fields: object): void {
    if (this.#failed || !this.#logger.isLevelEnabled(level)) return;
    this.#logger[level](fields);
  }
}

function levelOf(event: JobEvent): LogLevel {
  if (event.event === 'warning') return 'warn';
  if (event.event === 'aborting' || event.event === 'damage') return 'error';
  return event.event === 'debug' || event.event === 'progress' ? 'debug' : 'info';
}
