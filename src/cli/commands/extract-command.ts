// `vdibackup extract`, whole: its words, and words -> request -> job -> last line.

import type { Command } from 'commander';
import { outputFiles } from '../files/side-file.ts';
import { localPath } from '../options/local-path.ts';
import { threads } from '../options/option-values.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import { okRead } from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { speechOptions } from './command-options.ts';
import { checkDataStdout } from './data-streams.ts';
import { prepareSpeech } from './speech.ts';

interface ExtractFlags extends SpeechFlags {
  readonly salvage?: true;
  readonly overwrite?: true;
  readonly threads?: string;
}

const stdout = '-';

export const extractVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'extract')
    .summary('get the native backup (.bak) out of a stored one')
    .description('Gets the native backup out, which RESTORE ... FROM DISK takes.')
    .argument('<file>', 'a stored backup')
    .argument('[out]', 'where to; - or nothing is stdout')
    .option('--salvage', 'of a damaged or unfinished file: keep the good beginning')
    .option('--overwrite', 'replace an existing file, after success')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .action((file: string, out: string | undefined, flags: ExtractFlags) =>
      extract(file, out, flags, running),
    );
  speechOptions(command);
  return command;
}

async function extract(
  file: string,
  out: string | undefined,
  flags: ExtractFlags,
  { around, speech }: Running,
): Promise<void> {
  const target = out ?? stdout;
  const title = { verb: 'extract', files: [file] };
  speech.title = title;
  check(file, target, flags, around);
  const path = localPath(file, around.platform);
  const targetPath = target === stdout ? stdout : localPath(target, around.platform);
  await prepareSpeech(flags, around, speech, [file, ...outputFiles([target])]);
  const request = Object.freeze({
    file: path,
    out: targetPath,
    salvage: flags.salvage ?? false,
    overwrite: flags.overwrite ?? false,
    threads: threads(flags.threads, around.cpus),
  });
  const { extractJob } = await around.load(
    () => import('../../job/extract/extract-job.ts'),
    'files',
  );
  const emit = speech.reporters.event.bind(speech.reporters);
  const summary = await extractJob(request, around.abort, emit);
  await speech.reporters.succeeded(summary, title, (...run) => [okRead(...run)]);
}

function check(
  file: string,
  target: string,
  { overwrite }: ExtractFlags,
  around: Surroundings,
): void {
  if (file === stdout)
    throw usageError('stdin', 'extract reads a file, not stdin', 'zstd -dc reads stdin.');
  if (target !== stdout) return;
  if (overwrite) throw usageError('stdout', "--overwrite needs a file, '-' is stdout");
  checkDataStdout(around);
}
