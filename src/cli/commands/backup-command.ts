// `vdibackup backup`, whole: its words, and words -> request -> job -> last line.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Abort } from '../../base/abort.ts';
import type { BackupSummary, JobEvent } from '../../base/events.ts';
import { powerShellWarning } from '../files/powershell-pipe.ts';
import { outputFiles } from '../files/side-file.ts';
import type { BackupFlags } from '../options/backup-options.ts';
import { type BackupPlan, backupPlan } from '../options/backup-options.ts';
import { connectionOptions } from '../options/connection-flags.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import { oneLine } from '../report/output.ts';
import {
  type DatabaseTitle,
  fileWords,
  formatRatio,
  sizeWords,
  timeWords,
} from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { backupOptions, speechOptions, tuningOptions } from './command-options.ts';
import { checkDataStdout } from './data-streams.ts';
import { prepareSpeech } from './speech.ts';

type BackupCommandFlags = BackupFlags & ConnectionFlags & SpeechFlags;

type Warning = Extract<JobEvent, { event: 'warning' }>;

export const backupVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'backup', 'Examples, exit codes and environment')
    .summary('back up a database; the word may be left out')
    .description('Backs up a database; several files are one stripe each, - is stdout.')
    .argument('<database>', 'its name')
    .argument('<file...>', 'where to; may hold tokens such as {database}')
    .action((database: string, files: string[], flags: BackupCommandFlags) =>
      backup(database, files, flags, running),
    );
  connectionOptions(command);
  backupOptions(command);
  tuningOptions(command);
  speechOptions(command);
  return command;
}

async function backup(
  database: string,
  files: readonly string[],
  flags: BackupCommandFlags,
  running: Running,
): Promise<void> {
  const { around, speech } = running;
  const { target, login } = connection(flags, around);
  const plan = backupPlan(database, files, flags, target, around);
  speech.title = plan.title;
  checkStdout(plan, around);
  await prepareSpeech(
    flags,
    around,
    speech,
    outputFiles([...plan.title.files, ...plan.title.twinFiles]),
  );
  if (speech.text) speech.text.saysPlan = plan.title.dryRun;
  const emit = speech.reporters.event.bind(speech.reporters);
  if (plan.title.files[0] === '-' && !plan.title.dryRun) {
    const warning = powerShellWarning(await around.parentProgram());
    if (warning) emit(warning);
  }
  for (const warning of fileWarnings(files, flags)) emit(warning);
  const request = plan.complete(Object.freeze({ ...target, ...(await login(emit)) }));
  if (!plan.title.dryRun) await checkLibrary(flags, request, around.abort);
  const { backupJob } = await around.load(
    () => import('../../job/backup/backup-job.ts'),
    'library',
  );
  const backup = backupJob(request, around.abort, emit, around.speakOn);
  const summary = await backup.catch(async (thrown: unknown) => {
    throw around.argv.includes('backup') ? thrown : await meantVerb(thrown, plan, running);
  });
  await speech.reporters.succeeded(summary, plan.title, lastWords);
}

async function meantVerb(thrown: unknown, { title }: BackupPlan, { around, verbs }: Running) {
  const { namingVerb } = await import('../mistyped-verb.ts');
  return namingVerb(thrown, title.database, verbs, () => holdBackups(title.files, around));
}

async function holdBackups(files: readonly string[], around: Surroundings): Promise<boolean> {
  const { infoJob } = await around.load(() => import('../../job/info/info-job.ts'), 'afterwards');
  const paths = files.map((file) => localPath(file, around.platform));
  // The backup that failed has raised the run's own abort.
  return infoJob(paths, new Abort()).then(
    () => true,
    () => false,
  );
}

/** What was asked for may not be what was meant. */
function fileWarnings(files: readonly string[], { stripes, compress }: BackupCommandFlags) {
  const warnings: Warning[] = [];
  if (files.length > 1 && stripes === undefined)
    warnings.push({
      event: 'warning',
      code: 'stripes',
      message: `${files.length} files: a restore needs every one of ${files.join(', ')}`,
      hint: 'Put quotes around a name with blanks in it.',
    });
  const zst = files.find((file) => /\.zst$/i.test(file));
  if (zst !== undefined && (compress === 'none' || compress === 'server'))
    warnings.push({
      event: 'warning',
      code: 'misleading-name',
      message: `${zst} will hold a native backup, which no zstd reads (--compress ${compress})`,
    });
  return warnings;
}

function checkStdout({ title }: BackupPlan, around: Surroundings): void {
  if (title.files[0] === '-' && !title.dryRun) checkDataStdout(around);
}

function lastWords(summary: BackupSummary, title: DatabaseTitle): string[] {
  const checksums = summary.files.flatMap(({ path, sha256 }) =>
    sha256 === undefined ? [] : [`sha256: ${sha256}  ${path}`],
  );
  return [...checksums, okLine(summary, title)];
}

export function okLine(summary: BackupSummary, title: DatabaseTitle): string {
  const what = `OK ${oneLine(summary.database)} ${summary.type}`;
  const files = fileWords(writtenFiles(summary, title));
  if (summary.dryRun) return `${what} dry run, nothing was touched ${files}`;
  const bytes = sizeWords(summary.rawBytes, summary.storedBytes);
  return `${what} ${bytes} (${formatRatio(summary)}) ${timeWords(summary)} ${files} set=${summary.setId}`;
}

function writtenFiles({ files: written }: BackupSummary, title: DatabaseTitle): readonly string[] {
  const twins = title.twinFiles ?? [];
  return twins[0] !== undefined && written[0]?.path === resolve(twins[0]) ? twins : title.files;
}
