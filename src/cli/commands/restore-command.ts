// `vdibackup restore`: words -> request -> job -> last line.

import { inputFiles } from '../files/side-file.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import type { RestoreFlags } from '../options/restore-options.ts';
import { restorePlan } from '../options/restore-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import type { Surroundings } from '../surroundings.ts';
import { checkStdin } from './data-streams.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export type RestoreCommandFlags = RestoreFlags & ConnectionFlags & SpeechFlags;

export async function restoreCommand(
  database: string,
  files: readonly string[],
  flags: RestoreCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  const { target, login } = connection(flags, around);
  const plan = restorePlan(database, files, flags, target, around);
  speech.title = plan.title;
  checkStdin(files, around);
  await prepareSpeech(flags, around, speech, [...inputFiles(files), ...plan.writes]);
  if (speech.text) speech.text.saysPlan = plan.title.dryRun;
  const emit = speech.reporters.event.bind(speech.reporters);
  const request = plan.complete(Object.freeze({ ...target, ...(await login(emit)) }));
  if (!plan.title.dryRun) await checkLibrary(flags, request, around.abort);
  const restoreJob = await around.loadRestoreJob();
  around.abort.throwIfAborted();
  const summary = await restoreJob(request, around.abort, emit, around.speakOn);
  await speech.reporters.succeeded(summary, plan.title);
}
