// One run of the program, from the command line to the last line. Touches no process state: main.ts does.

import type { Speech } from './commands/speech.ts';
import { runProgram } from './program.ts';
import { errorReport } from './report/error-report.ts';
import { refuseClosedStdout, writeTable } from './report/json-report.ts';
import { JsonReporter } from './report/json-reporter.ts';
import { Reporters } from './report/reporter.ts';
import { TextReporter } from './report/text-reporter.ts';
import { learnEnvironment } from './secrets/secret-sources.ts';
import type { Surroundings } from './surroundings.ts';

export class Run {
  readonly #around: Surroundings;
  readonly #speech: Speech;

  constructor(around: Surroundings) {
    const { argv, output, now, env, redactor, abort } = around;
    this.#around = around;
    learnEnvironment(env, redactor);
    const text = argv.includes('--json') ? undefined : new TextReporter(output);
    const reporters = new Reporters(text ?? new JsonReporter(output, now), redactor);
    this.#speech = { reporters, text, title: undefined };
    abort.afterAbort(({ message }) => reporters.event({ event: 'aborting', reason: message }));
  }

  /** Does it all; the exit code. Never rejects. */
  async start(): Promise<number> {
    try {
      await runProgram({
        around: this.#around,
        speech: this.#speech,
        writeOut: (text) => this.#show(text),
        learn: (secrets, shown) => this.#learn(secrets, shown),
      });
      return 0;
    } catch (error) {
      return await this.fail(error);
    }
  }

  async #show(text: string): Promise<void> {
    refuseClosedStdout(this.#around);
    const lost = await writeTable(this.#around, text);
    if (lost) throw lost;
  }

  #learn(secrets: readonly string[], shown: readonly string[]): void {
    for (const secret of secrets) this.#around.redactor.add(secret);
    if (secrets.length > 0) this.#around.showCommandLine(shown);
  }

  /** Says why the run failed; its exit code. */
  async fail(error: unknown): Promise<number> {
    const report = errorReport(error, (text) => this.#around.redactor.scrub(text));
    await this.#speech.reporters.failed(report, this.#speech.title);
    return report.exitCode;
  }

  /** Says that a signal came. */
  stopping(reason: string, again: boolean): void {
    this.#speech.reporters.stopping(reason, again);
  }

  /** For what only a log reader wants to know. */
  debug(message: string): void {
    this.#speech.reporters.event({ event: 'debug', message });
  }
}
