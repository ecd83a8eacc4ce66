// One run of the program, from the command line to the last line. Touches no process state: main.ts does.

import type { Speech } from './commands/speech.js';
import { runProgram } from './program.js';
import { errorReport } from './report/error-report.js';
import { JsonReporter } from './report/json-reporter.js';
import { TextReporter } from './report/text-reporter.js';
import { Reporters } from './reporter.js';
import type { Surroundings } from './surroundings.js';

export class Run {
  readonly #around: Surroundings;
  readonly #speech: Speech;

  constructor(around: Surroundings) {
    const { argv, output, now, env, redactor } = around;
    this.#around = around;
    redactor.add(env.SQLCMDPASSWORD);
    const text = argv.includes('--json') ? undefined : new TextReporter(output);
    const reporters = new Reporters(text ?? new JsonReporter(output, now));
    this.#speech = { reporters, text, title: undefined };
  }

  /** Does it all; the exit code. Never rejects. */
  async start(): Promise<number> {
    const { argv, writeOut, redactor } = this.#around;
    try {
      await runProgram({
        argv,
        writeOut,
        learnSecret: (secret) => redactor.add(secret),
        actions: {
          backup: async (database, files, flags) => {
            const { backupCommand } = await import('./commands/speech.js');
            await backupCommand(database, files, flags, this.#around, this.#speech);
          },
          restore: async (database, files, flags) => {
            const { restoreCommand } = await import('./commands/restore-command.js');
            await restoreCommand(database, files, flags, this.#around, this.#speech);
          },
          drill: async (files, flags) => {
            const { drillCommand } = await import('./commands/drill-command.js');
            await drillCommand(files, flags, this.#around, this.#speech);
          },
          extract: async (file, out, flags) => {
            const { extractCommand } = await import('./commands/extract-command.js');
            await extractCommand(file, out, flags, this.#around, this.#speech);
          },
          verify: async (files, flags) => {
            const { verifyCommand } = await import('./verify-command.js');
            await verifyCommand(files, flags, this.#around, this.#speech);
          },
          info: async (files, flags) => {
            const { infoCommand } = await import('./commands/info-command.js');
            await infoCommand(files, flags, this.#around, this.#speech);
          },
          doctor: async (database, flags) => {
            const { doctorCommand } = await import('./commands/doctor-command.js');
            await doctorCommand(database, flags, this.#around, this.#speech);
          },
        },
      });
      return 0;
    } catch (error) {
      return this.fail(error);
    }
  }

  /** Says why the run failed; its exit code. */
  fail(error: unknown): number {
    const report = errorReport(error);
    this.#speech.reporters.failed(report, this.#speech.title);
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
