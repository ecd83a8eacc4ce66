// `vdibackup info`, whole: its words, and words -> job -> table or JSON on stdout, and the last line.

import type { Command } from 'commander';
import type { InfoReport } from '../../job/info/info-report.ts';
import { localPath } from '../options/local-path.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { refuseClosedStdout, writeReport, writeTable } from '../report/json-report.ts';
import { fileWords } from '../report/result-line.ts';
import { usageError } from '../usage-error.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { speechOptions } from './command-options.ts';
import { prepareSpeech } from './speech.ts';

export const infoVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'info')
    .summary('say what stored backups hold, offline and at once')
    .description(
      'Says what stored backups hold, as RESTORE HEADERONLY and FILELISTONLY would,\n' +
        'without SQL Server, on stdout. What the file does not tell is absent.',
    )
    .argument('<file...>', 'stored backups')
    .action((files: string[], flags: SpeechFlags) => info(files, flags, running));
  speechOptions(command);
  return command;
}

async function info(
  files: readonly string[],
  flags: SpeechFlags,
  { around, speech }: Running,
): Promise<void> {
  const title = { verb: 'info', files };
  speech.title = title;
  refuseClosedStdout(around);
  if (files.includes('-')) throw usageError('stdin', 'info reads files, not stdin');
  const paths = files.map((file) => localPath(file, around.platform));
  await prepareSpeech({ ...flags, progress: 'none' }, around, speech, files);
  const { infoJob } = await around.load(() => import('../../job/info/info-job.ts'), 'nothing');
  const told = await infoJob(paths, around.abort);
  const report = around.redactor.scrubValue(told);
  const lost = await (flags.json
    ? writeReport(around, report)
    : writeTable(around, await table(report)));
  if (lost) throw lost;
  const done = { job: 'info', files };
  await speech.reporters.succeeded(done, title, (_, shown) => [
    `OK info ${fileWords(shown.files)}`,
  ]);
}

async function table({ files }: InfoReport): Promise<string> {
  const { infoTable } = await import('../report/info-table.ts');
  return files.map(infoTable).join('\n');
}
