// One run of the program, from the command line to the last line. Touches no process state: main.ts does.

import type { Speech } from './backup-command.ts';
import { errorReport } from './error-report.ts';
import { JsonReporter } from './json-reporter.ts';
import { runProgram } from './program.ts';
import { Reporters } from './reporter.ts';
import type { Surroundings } from './surroundings.ts';
import { TextReporter } from './text-reporter.ts';

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
            const { backupCommand } = await import('./backup-command.ts');
            await backupCommand(database, files, flags, this.#around, this.#speech);
          },
          restore: async (database, files, flags) => {
            const { restoreCommand } = await import('./restore-command.ts');
            await restoreCommand(database, files, flags, this.#around, this.#speech);
          },
          drill: async (files, flags) => {
            const { drillCommand } = await import('./drill-command.ts');
            await drillCommand(files, flags, this.#around, this.#speech);
          },
          extract: async (file, out, flags) => {
            const { extractCommand } = await import('./extract-command.ts');
            await extractCommand(file, out, flags, this.#around, this.#speech);
          },
          verify: async (files, flags) => {
            const { verifyCommand } = await import('./verify-command.ts');
            await verifyCommand(files, flags, this.#around, this.#speech);
          },
          info: async (files, flags) => {
            const { infoCommand } = await import('./info-command.ts');
            await infoCommand(files, flags, this.#around, this.#speech);
          },
          doctor: async (database, flags) => {
            const { doctorCommand } = await import('./doctor-command.ts');
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
