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
    const { argv, output, now, env, redactor } = around;
    this.#around = around;
    learnEnvironment(env, redactor);
    const text = argv.includes('--json') ? undefined : new TextReporter(output);
    const reporters = new Reporters(text ?? new JsonReporter(output, now), redactor);
    this.#speech = { reporters, text, title: undefined };
  }

  /** Does it all; the exit code. Never rejects. */
  async start(): Promise<number> {
    const { argv } = this.#around;
    try {
      await runProgram({
        argv,
        writeOut: (text) => this.#show(text),
        learn: (secrets, shown) => this.#learn(secrets, shown),
        actions: {
          backup: async (database, files, flags) => {
            const { backupCommand } = await import('./commands/backup-command.ts');
            await backupCommand(database, files, flags, this.#around, this.#speech);
          },
          restore: async (database, files, flags) => {
            const { restoreCommand } = await import('./commands/restore-command.ts');
            await restoreCommand(database, files, flags, this.#around, this.#speech);
          },
          drill: async (files, flags) => {
            const { drillCommand } = await import('./commands/drill-command.ts');
            await drillCommand(files, flags, this.#around, this.#speech);
          },
          extract: async (file, out, flags) => {
            const { extractCommand } = await import('./commands/extract-command.ts');
            await extractCommand(file, out, flags, this.#around, this.#speech);
          },
          finish: async (files, flags) => {
            const { finishCommand } = await import('./commands/finish-command.ts');
            await finishCommand(files, flags, this.#around, this.#speech);
          },
          verify: async (files, flags) => {
            const { verifyCommand } = await import('./commands/verify-command.ts');
            await verifyCommand(files, flags, this.#around, this.#speech);
          },
          info: async (files, flags) => {
            const { infoCommand } = await import('./commands/info-command.ts');
            await infoCommand(files, flags, this.#around, this.#speech);
          },
          doctor: async (database, flags) => {
            const { doctorCommand } = await import('./commands/doctor-command.ts');
            await doctorCommand(database, flags, this.#around, this.#speech);
          },
          withdraw: async (junit, otherWords) => {
            const { withdrawJunit } = await import('./files/junit-file.ts');
            await withdrawJunit(junit, otherWords);
          },
        },
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
