// `--log-file`: everything that happened, as pino's JSON, whatever the terminal shows.

import { closeSync, fchmodSync, openSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { JobEvent, JobSummary } from '../../base/events.js';
import { why } from '../password-file.js';
import type { ErrorReport } from '../report/error-report.js';
import { errorObject, type RunTitle, summaryObject } from '../report/result-line.js';
import type { Reporter } from '../reporter.js';
import type { Redactor } from '../secrets/redact.js';
import { usageError } from '../usage-error.js';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Only for its owner: server messages name databases, paths and logins. */
const mode = 0o600;

export class LogFile implements Reporter {
  readonly #logger: Logger;
  readonly #redactor: Redactor;
  #failed = false;

  /** Opens `path` for appending; `onFailure` hears once that nothing more is logged. */
  constructor(
    path: string,
    level: LogLevel,
    redactor: Redactor,
    onFailure: (reason: string) => void,
  ) {
    const destination = pino.destination({ dest: open(path), sync: true });
    destination.on('error', (error: Error) => {
      if (this.#failed) return;
      this.#failed = true;
      onFailure(why(error));
    });
    this.#redactor = redactor;
    this.#logger = pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, destination);
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

  #write(level: LogLevel, fields: object): void {
    // Without this pino would keep every further line in memory.
    if (this.#failed || !this.#logger.isLevelEnabled(level)) return;
    this.#logger[level](this.#redactor.scrubValue(fields));
  }
}

function levelOf(event: JobEvent): LogLevel {
  if (event.event === 'warning') return 'warn';
  if (event.event === 'aborting' || event.event === 'damage') return 'error';
  return event.event === 'debug' || event.event === 'progress' ? 'debug' : 'info';
}

function open(path: string): number {
  try {
    const created = tryCreate(path);
    return created ?? openSync(path, 'a');
  } catch (error) {
    throw usageError('log-file', `cannot open --log-file '${path}': ${why(error)}`);
  }
}

/** A new file with exactly our mode whatever the umask; undefined when there is one, whose mode is its owner's choice. */
function tryCreate(path: string): number | undefined {
  try {
    const fd = openSync(path, 'ax', mode);
    try {
      fchmodSync(fd, mode);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}
