// `vdibackup backup`: words -> request -> job -> last line.

import type { LogLevel } from '../files/log-file.js';
import { powerShellWarning } from '../files/powershell-pipe.js';
import { outputFiles, refuseJobFile } from '../files/side-file.js';
import { type BackupPlan, backupPlan } from '../options/backup-options.js';
import { connection } from '../options/connection-options.js';
import { oneOf } from '../options/option-values.js';
import type { BackupCommandFlags, SpeechFlags } from '../program.js';
import type { RunTitle } from '../report/result-line.js';
import type { TextReporter } from '../report/text-reporter.js';
import type { Reporters } from '../reporter.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';

/** Who speaks in this run, and about what. */
export interface Speech {
  readonly reporters: Reporters;
  /** Undefined with `--json`. */
  readonly text: TextReporter | undefined;
  title: RunTitle | undefined;
}

const progressKinds = ['auto', 'bar', 'plain', 'none'] as const;
/** Also the words of log-file.ts, which is only loaded when there is a log. */
const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

export async function backupCommand(
  database: string,
  files: readonly string[],
  flags: BackupCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  const { target, login } = connection(flags, around);
  const plan = backupPlan(database, files, flags, target, around);
  speech.title = plan.title;
  checkStdout(plan, around);
  await prepareSpeech(flags, around, speech, outputFiles(plan.title.files));
  if (speech.text) speech.text.saysPlan = plan.title.dryRun;
  const emit = speech.reporters.event.bind(speech.reporters);
  if (plan.title.files[0] === '-' && !plan.title.dryRun) {
    const warning = powerShellWarning(await around.parentProgram());
    if (warning) emit(warning);
  }
  const request = plan.complete(Object.freeze({ ...target, ...(await login(emit)) }));
  const backupJob = await around.loadBackupJob();
  around.abort.throwIfAborted();
  const summary = await backupJob(request, around.abort, emit, around.speakOn);
  speech.reporters.succeeded(summary, plan.title);
}

function checkStdout({ title }: BackupPlan, { stdoutIsTerminal }: Surroundings): void {
  if (title.files[0] === '-' && stdoutIsTerminal && !title.dryRun) {
    throw usageError(
      'stdout',
      'stdout is a terminal, which cannot take a backup',
      'Redirect it, pipe it, or name a file.',
    );
  }
}

/** Progress and the log file, as the command line wants them; the log is none of the `files` of the job. */
export async function prepareSpeech(
  flags: SpeechFlags,
  around: Surroundings,
  { reporters, text }: Speech,
  files: readonly string[],
): Promise<void> {
  const progress = oneOf('--progress', flags.progress, progressKinds);
  const level = oneOf('--log-level', flags.logLevel, logLevels);
  if (flags.logFile !== undefined) {
    await around.abort.race(refuseJobFile('--log-file', flags.logFile, files));
    const { LogFile } = await import('../files/log-file.js');
    const onFailure = (reason: string) =>
      reporters.event({
        event: 'warning',
        code: 'log-file',
        message: `nothing more is written to '${flags.logFile}': ${reason}`,
      });
    reporters.add(new LogFile(flags.logFile, level, around.redactor, onFailure));
  }
  if (text) await showProgress(progress, text, around);
}

async function showProgress(
  kind: (typeof progressKinds)[number],
  text: TextReporter,
  { output, stderrIsTerminal, columns }: Surroundings,
): Promise<void> {
  if (kind === 'none') return;
  if (kind === 'plain' || !stderrIsTerminal) {
    const { PlainProgress } = await import('../report/plain-progress.js');
    text.showProgress(new PlainProgress(output));
  } else {
    const { ProgressBar } = await import('../report/progress-bar.js');
    text.showProgress(new ProgressBar(output, columns));
  }
}
