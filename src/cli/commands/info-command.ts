// `vdibackup info`: words -> job -> table or JSON on stdout, and the last line.

import type { InfoReport } from '../../job/info/info-report.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { refuseClosedStdout, writeReport, writeTable } from '../report/json-report.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export async function infoCommand(
  files: readonly string[],
  flags: SpeechFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'info', files };
  refuseClosedStdout(around);
  if (files.includes('-')) throw usageError('stdin', 'info reads files, not stdin');
  const paths = files.map((file) => localPath(file, around.platform));
  await prepareSpeech({ ...flags, progress: 'none' }, around, speech, files);
  const infoJob = await around.loadInfoJob();
  around.abort.throwIfAborted();
  const told = await infoJob(paths, around.abort);
  const report = around.redactor.scrubValue(told);
  const lost = await (flags.json
    ? writeReport(around, report)
    : writeTable(around, await table(report)));
  if (lost) throw lost;
  await speech.reporters.succeeded({ job: 'info', files }, speech.title);
}

async function table({ files }: InfoReport): Promise<string> {
  const { infoTable } = await import('../report/info-table.ts');
  return files.map(infoTable).join('\n');
}
