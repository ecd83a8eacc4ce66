// What a person reads on stderr. Rules: one line per fact; lower case, no final period; hints on lines of
// their own; the last line is OK or FAILED. `--progress` decides how progress is shown.

import { formatByteSize } from '../../base/byte-size.ts';
import { unreachable } from '../../base/errors.ts';
import type { JobEvent, JobSummary } from '../../base/events.ts';
import { printableLines } from '../../base/printable.ts';
import type { ErrorReport } from './error-report.ts';
import { type Output, oneLine } from './output.ts';
import type { ProgressDisplay } from './plain-progress.ts';
import type { Reporter } from './reporter.ts';
import { failedLine, type RunTitle } from './result-line.ts';

/** "%d percent processed.": shown as progress. */
const percentProcessed = 3211;

type Event<Name extends JobEvent['event']> = Extract<JobEvent, { event: Name }>;

export class TextReporter implements Reporter {
  readonly #output: Output;
  #progress: ProgressDisplay | undefined;
  #stopping = false;
  /** Devices are open: an abort has something to undo and may take a while. */
  #isMoving = false;
  /** The plan is only said when it is all that is asked for. */
  saysPlan = false;

  constructor(output: Output) {
    this.#output = output;
  }

  showProgress(display: ProgressDisplay): void {
    this.#progress = display;
  }

  event(event: JobEvent): void {
    switch (event.event) {
      case 'plan':
        this.#plan(event);
        break;
      case 'connected':
        this.#connected(event);
        break;
      case 'configured':
        this.#configured(event);
        break;
      case 'warning':
        this.#warning(event);
        break;
      case 'progress':
        if (!this.#stopping) this.#progress?.update(event);
        break;
      case 'sql-message':
        this.#sqlMessage(event);
        break;
      case 'aborting':
        this.#aborting(event.reason);
        break;
      case 'library':
        this.#say(`vdi library: ${event.line}`);
        break;
      case 'restoring':
        if (event.steps > 1)
          this.#say(`restoring ${event.backup} (${event.step} of ${event.steps})`);
        break;
      case 'tail':
        this.#say(`the tail of the log is in ${event.files.join(', ')}`);
        break;
      case 'checking':
        this.#say(`checking: ${event.what}`);
        break;
      case 'damage':
        this.#say(`damage: ${event.message}`);
        break;
      case 'verified':
        this.#verified(event);
        break;
      case 'finding': // in the table on standard output
      case 'debug':
        break;
      default:
        unreachable(event);
    }
  }

  stopping(reason: string, again: boolean): void {
    this.#stop();
    this.#say(
      again
        ? 'not waiting for SQL Server any more'
        : `${reason}: aborting; a second time does not wait for SQL Server`,
    );
  }

  succeeded(_summary: JobSummary, words: readonly string[]): void {
    this.#progress?.stop();
    for (const line of words.slice(0, -1)) this.#say(line);
    this.#output.last(() => this.#output.line(words.at(-1) ?? ''));
  }

  failed(report: ErrorReport, title: RunTitle | undefined): void {
    this.#progress?.stop();
    this.#output.last(() => {
      for (const line of errorLines(report)) this.#output.line(line);
      this.#output.line(failedLine(report, title));
    });
  }

  #aborting(reason: string): void {
    const isNews = this.#isMoving && !this.#stopping; // otherwise the error line, or a signal, says it
    this.#stop();
    if (isNews) this.#say(`aborting: ${reason}`);
  }

  /** From now on there is no progress, only the way out. */
  #stop(): void {
    this.#stopping = true;
    this.#progress?.stop();
  }

  #plan({ statement, lines }: Event<'plan'>): void {
    if (!this.saysPlan) return;
    this.#output.line(statement);
    if (printableLines(statement) !== statement)
      this.#say('note: a name in this T-SQL holds characters shown as ?; --json has it exact');
    for (const line of lines) this.#say(line);
  }

  #connected({ server, version, edition }: Event<'connected'>): void {
    this.#say(`connected to ${server}: SQL Server ${version}, ${edition}`);
  }

  #configured({ devices, blockSize, transferSize }: Event<'configured'>): void {
    this.#isMoving = true;
    const many = devices === 1 ? '1 device' : `${devices} devices`;
    const sizes = `block size ${formatByteSize(blockSize)}, transfer size ${formatByteSize(transferSize)}`;
    this.#say(`SQL Server opened ${many}: ${sizes}`);
  }

  #warning({ message, hint }: Event<'warning'>): void {
    this.#say(`warning: ${message}`);
    if (hint) this.#say(`hint: ${hint}`);
  }

  #verified({ file, verdict, lines }: Event<'verified'>): void {
    this.#say(`${file}: ${verdict === 'damaged' ? 'DAMAGED' : verdict}`);
    for (const line of lines) this.#output.line(`  ${oneLine(line)}`);
  }

  #sqlMessage({ number, severity, text }: Event<'sql-message'>): void {
    if (number !== percentProcessed) this.#say(`sql: Msg ${number}, Level ${severity}: ${text}`);
  }

  #say(text: string): void {
    this.#output.line(oneLine(text));
  }
}

/** What failed, why, and what to do next; a usage error in a single line, if it has a single next step. */
export function errorLines(report: ErrorReport): string[] {
  const { message, causes, hints, stack } = report;
  if (report.exitCode === 2 && hints.length <= 1)
    return [`error: ${[message, ...hints].join('. ')}`];
  return [
    `error: ${message}`,
    ...(stack ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : []),
    ...causes.map((cause) => `caused by: ${cause}`),
    ...hints.map((hint) => `hint: ${hint}`),
  ];
}
