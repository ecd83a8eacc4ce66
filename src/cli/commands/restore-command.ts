// `vdibackup restore`, whole: its words, and words -> request -> job -> last line.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { RestoreSummary } from '../../base/events.ts';
import { inputFiles } from '../files/side-file.ts';
import { connectionOptions } from '../options/connection-flags.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import type { RestoreFlags } from '../options/restore-options.ts';
import { restorePlan } from '../options/restore-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import { oneLine } from '../report/output.ts';
import { type DatabaseTitle, fileWords, sizeWords, timeWords } from '../report/result-line.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { placementOptions, readingOptions, speechOptions } from './command-options.ts';
import { checkStdin } from './data-streams.ts';
import { prepareSpeech } from './speech.ts';

type RestoreCommandFlags = RestoreFlags & ConnectionFlags & SpeechFlags;

export const restoreVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'restore')
    .summary('restore a database from stored backups')
    .description(
      'Restores a database from archives of vdibackup, native backups (.bak) or .zst files of one.\n' +
        'All stripes of a backup; a full backup, differentials and logs in any order; - is stdin.',
    )
    .argument('<database>', 'the name it shall have')
    .argument('<file...>', 'stored backups')
    .action((database: string, files: string[], flags: RestoreCommandFlags) =>
      restore(database, files, flags, running),
    );
  connectionOptions(command);
  command
    .optionsGroup('Restore:')
    .option('--replace', 'replace an existing database')
    .option('--tail <file>', 'back up the log of the database that is replaced first')
    .option('--no-verify', 'do not verify the backups before an online database is replaced')
    .option('--norecovery', 'leave it open for more backups')
    .option('--standby <file>', 'leave it readable and open; the undo file, on the server')
    .option('-n, --dry-run', 'show the T-SQL and the plan, touch nothing');
  placementOptions(command);
  readingOptions(command);
  speechOptions(command);
  return command;
}

async function restore(
  database: string,
  files: readonly string[],
  flags: RestoreCommandFlags,
  { around, speech }: Running,
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
  const { restoreJob } = await around.load(
    () => import('../../job/restore/restore-job.ts'),
    'library',
  );
  const summary = await restoreJob(request, around.abort, emit, around.speakOn);
  await speech.reporters.succeeded(summary, plan.title, (...run) => [okLine(...run)]);
}

function okLine(summary: RestoreSummary, { files }: DatabaseTitle): string {
  const what = `OK ${oneLine(summary.database)} restore`;
  // Of several only those that it restored.
  const restored = files.filter((file) => summary.files.includes(resolve(file)));
  const named = fileWords(files.length === 1 ? files : restored);
  if (summary.dryRun) return `${what} dry run, nothing was touched ${named}`;
  const bytes = sizeWords(summary.storedBytes, summary.rawBytes);
  const state = summary.state === undefined ? '' : ` state=${summary.state}`;
  return `${what} ${bytes} ${timeWords(summary)} ${named}${state}`;
}
