// `vdibackup backup`: words -> request -> job -> last line.

import type { JobEvent } from '../../base/events.ts';
import { powerShellWarning } from '../files/powershell-pipe.ts';
import { outputFiles } from '../files/side-file.ts';
import type { BackupFlags } from '../options/backup-options.ts';
import { type BackupPlan, backupPlan } from '../options/backup-options.ts';
import type { ConnectionFlags } from '../options/connection-options.ts';
import { connection } from '../options/connection-options.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { checkLibrary } from '../own-code.ts';
import type { Surroundings } from '../surroundings.ts';
import { checkDataStdout } from './data-streams.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export type BackupCommandFlags = BackupFlags & ConnectionFlags & SpeechFlags;

type Warning = Extract<JobEvent, { event: 'warning' }>;

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
  const backupJob = await around.loadBackupJob();
  around.abort.throwIfAborted();
  const running = backupJob(request, around.abort, emit, around.speakOn);
  const summary = await running.catch(async (thrown: unknown) => {
    throw around.argv.includes('backup') ? thrown : await meantVerb(thrown, plan, around);
  });
  await speech.reporters.succeeded(summary, plan.title);
}

async function meantVerb(thrown: unknown, { title }: BackupPlan, around: Surroundings) {
  const { namingVerb } = await import('../mistyped-verb.ts');
  return namingVerb(thrown, title.database, () => holdBackups(title.files, around));
}

async function holdBackups(files: readonly string[], around: Surroundings): Promise<boolean> {
  const infoJob = await around.loadInfoJob();
  const paths = files.map((file) => localPath(file, around.platform));
  return infoJob(paths, around.abort).then(
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
