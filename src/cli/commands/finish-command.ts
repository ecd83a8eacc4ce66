// `vdibackup finish`: words -> request -> job -> last line.

import { type WaitingFile, waitingFile } from '../../job/finish/finish-request.ts';
import { outputFiles } from '../files/side-file.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export type FinishCommandFlags = FinishFlags & ConnectionFlags & SpeechFlags;

interface FinishFlags {
  readonly overwrite?: true;
}

export async function finishCommand(
  files: readonly string[],
  flags: FinishCommandFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'finish', files };
  if (files.includes('-')) throw usageError('stdin', 'finish names files, not stdin');
  const named = files.map(waitingFile);
  const waiting = named.map((file) => absolute(file, around.platform));
  const { target, login } = connection(flags, around);
  const finals = named.map(({ final }) => final);
  await prepareSpeech(flags, around, speech, outputFiles([...files, ...finals]));
  const emit = speech.reporters.event.bind(speech.reporters);
  const finishJob = await around.loadFinishJob();
  around.abort.throwIfAborted();
  const request = Object.freeze({
    files: waiting,
    overwrite: flags.overwrite ?? false,
    connection: async () => Object.freeze({ ...target, ...(await login(emit)) }),
  });
  const summary = await finishJob(request, around.abort, emit);
  await speech.reporters.succeeded(summary, { verb: 'finish', files: finals });
}

function absolute({ waiting, final, ...rest }: WaitingFile, platform: NodeJS.Platform) {
  return { waiting: localPath(waiting, platform), final: localPath(final, platform), ...rest };
}
