// `vdibackup finish`, whole: its words, and words -> request -> job -> last line.

import type { Command } from 'commander';
import type { FinishSummary } from '../../job/finish/finish-request.ts';
import { type WaitingFile, waitingFile } from '../../job/finish/finish-request.ts';
import { outputFiles } from '../files/side-file.ts';
import { loginOptions } from '../options/connection-flags.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { oneLine } from '../report/output.ts';
import { type FileTitle, fileWords, formatRatio, sizeWords } from '../report/result-line.ts';
import { usageError } from '../usage-error.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { speechOptions } from './command-options.ts';
import { prepareSpeech } from './speech.ts';

type FinishCommandFlags = FinishFlags & ConnectionFlags & SpeechFlags;

interface FinishFlags {
  readonly overwrite?: true;
}

export const finishVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'finish')
    .summary('name a kept, unconfirmed backup if SQL Server knows it')
    .description(
      'Gives FILE.unconfirmed-... or FILE.partial the name FILE, if the file is whole and\n' +
        'SQL Server has recorded the backup (msdb). Otherwise it is left as it is: exit 7.',
    )
    .argument('<file...>', 'all files of one backup')
    .option('--overwrite', 'replace an existing file')
    .action((files: string[], flags: FinishCommandFlags) => finish(files, flags, running));
  loginOptions(command);
  speechOptions(command);
  return command;
}

async function finish(
  files: readonly string[],
  flags: FinishCommandFlags,
  { around, speech }: Running,
): Promise<void> {
  speech.title = { verb: 'finish', files };
  if (files.includes('-')) throw usageError('stdin', 'finish names files, not stdin');
  const named = files.map(waitingFile);
  const waiting = named.map((file) => absolute(file, around.platform));
  const { target, login } = connection(flags, around);
  const finals = named.map(({ final }) => final);
  await prepareSpeech(flags, around, speech, outputFiles([...files, ...finals]));
  const emit = speech.reporters.event.bind(speech.reporters);
  const { finishJob } = await around.load(() => import('../../job/finish/finish-job.ts'), 'files');
  const request = Object.freeze({
    files: waiting,
    overwrite: flags.overwrite ?? false,
    connection: async () => Object.freeze({ ...target, ...(await login(emit)) }),
  });
  const summary = await finishJob(request, around.abort, emit);
  const title = { verb: 'finish', files: finals };
  await speech.reporters.succeeded(summary, title, (...run) => [okLine(...run)]);
}

function absolute({ waiting, final, ...rest }: WaitingFile, platform: NodeJS.Platform) {
  return { waiting: localPath(waiting, platform), final: localPath(final, platform), ...rest };
}

function okLine(summary: FinishSummary, { files }: FileTitle): string {
  const { database, type, rawBytes, storedBytes, setId } = summary;
  const bytes = `${sizeWords(rawBytes, storedBytes)} (${formatRatio(summary)})`;
  return `OK ${oneLine(database)} ${type} ${bytes} finished ${fileWords(files)} set=${setId}`;
}
