// `vdibackup restore`: words -> request -> job -> last line.

import { inputFiles } from '../files/side-file.js';
import { connection } from '../options/connection-options.js';
import { restorePlan } from '../options/restore-options.js';
import type { RestoreCommandFlags } from '../program.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { prepareSpeech, type Speech } from './speech.js';

export async function restoreCommand(
  database: string,
  files: readonly string[],
  flags: RestoreCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  const { target, login } = connection(flags, around);
  const plan = restorePlan(database, files, flags, around);
  speech.title = plan.title;
  checkStdin(files, around);
  await prepareSpeech(flags, around, speech, inputFiles(files));
  if (speech.text) speech.text.saysPlan = plan.title.dryRun;
  const emit = speech.reporters.event.bind(speech.reporters);
  const request = plan.complete(Object.freeze({ ...target, ...(await login(emit)) }));
  const restoreJob = await around.loadRestoreJob();
  around.abort.throwIfAborted();
  const summary = await restoreJob(request, around.abort, emit, around.speakOn);
  speech.reporters.succeeded(summary, plan.title);
}

export function checkStdin(
  files: readonly string[],
  { stdinIsTerminal }: Pick<Surroundings, 'stdinIsTerminal'>,
): void {
  if (files.includes('-') && stdinIsTerminal)
    throw usageError(
      'stdin',
      'stdin is a terminal, which holds no backup',
      'Redirect it, pipe into it, or name a file.',
    );
}
