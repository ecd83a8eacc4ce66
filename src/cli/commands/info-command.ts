// `vdibackup info`: words -> job -> table or JSON on stdout, and the last line.

import { resolve } from 'node:path';
import type { InfoReport } from '../../job/info/info-report.js';
import { writeReport, writeTable } from '../json-report.js';
import type { SpeechFlags } from '../program.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { prepareSpeech, type Speech } from './speech.js';

export async function infoCommand(
  files: readonly string[],
  flags: SpeechFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'info', files };
  if (files.includes('-')) throw usageError('stdin', 'info reads files, not stdin');
  await prepareSpeech({ ...flags, progress: 'none' }, around, speech, files);
  const infoJob = await around.loadInfoJob();
  around.abort.throwIfAborted();
  const report = await infoJob(
    files.map((file) => resolve(file)),
    around.abort,
  );
  const lost = flags.json ? writeReport(around, report) : writeTable(around, await table(report));
  if (lost) throw lost;
  speech.reporters.succeeded({ job: 'info', files }, speech.title);
}

async function table({ files }: InfoReport): Promise<string> {
  const { infoTable } = await import('../report/info-table.js');
  return files.map(infoTable).join('\n');
}
