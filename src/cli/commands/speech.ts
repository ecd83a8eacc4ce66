// Who speaks in a run, where and how much: what every command prepares first.

import type { LogLevel } from '../files/log-file.ts';
import { refuseJobFile } from '../files/side-file.ts';
import { oneOf } from '../options/option-values.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkProgram } from '../own-code.ts';
import type { Reporters } from '../report/reporter.ts';
import type { RunTitle } from '../report/result-line.ts';
import type { TextReporter } from '../report/text-reporter.ts';
import type { Surroundings } from '../surroundings.ts';

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

/** Output as the command line wants it. What goes wrong from here on is in the log, too: now the program is looked at. */
export async function prepareSpeech(
  flags: SpeechFlags,
  around: Surroundings,
  speech: Speech,
  files: readonly string[],
): Promise<void> {
  await prepareOutput(flags, around, speech, files);
  checkProgram(flags);
}

/** Progress and the log file, as the command line wants them; the log is none of the `files` of the job. */
export async function prepareOutput(
  flags: SpeechFlags,
  around: Surroundings,
  { reporters, text }: Speech,
  files: readonly string[],
): Promise<void> {
  const progress = oneOf('--progress', flags.progress, progressKinds);
  const level = oneOf('--log-level', flags.logLevel, logLevels);
  if (flags.logFile !== undefined) {
    await around.abort.race(refuseJobFile('--log-file', flags.logFile, files));
    const { LogFile } = await import('../files/log-file.ts');
    const onFailure = (reason: string) =>
      reporters.event({
        event: 'warning',
        code: 'log-file',
        message: `nothing more is written to '${flags.logFile}': ${reason}`,
      });
    const opening = LogFile.open(flags.logFile, level, onFailure);
    reporters.add(await around.abort.race(opening));
  }
  if (text) await showProgress(progress, text, around);
}

async function showProgress(
  kind: (typeof progressKinds)[number],
  text: TextReporter,
  { output, stderrIsTerminal, columns, env }: Surroundings,
): Promise<void> {
  if (kind === 'none') return;
  const isDumb = kind === 'auto' && env.TERM === 'dumb';
  if (kind === 'plain' || !stderrIsTerminal || isDumb) {
    const { PlainProgress } = await import('../report/plain-progress.ts');
    text.showProgress(new PlainProgress(output));
  } else {
    const { ProgressBar } = await import('../report/progress-bar.ts');
    text.showProgress(new ProgressBar(output, columns));
  }
}
