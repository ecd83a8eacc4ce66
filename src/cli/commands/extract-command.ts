// `vdibackup extract`: words -> request -> job -> last line.

import { outputFiles } from '../files/side-file.ts';
import { localPath } from '../options/local-path.ts';
import { threads } from '../options/option-values.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { checkDataStdout } from './data-streams.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export interface ExtractFlags extends SpeechFlags {
  readonly salvage?: true;
  readonly overwrite?: true;
  readonly threads?: string;
}

const stdout = '-';

export async function extractCommand(
  file: string,
  out: string | undefined,
  flags: ExtractFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  const target = out ?? stdout;
  speech.title = { verb: 'extract', files: [file] };
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
  const extractJob = await around.loadExtractJob();
  around.abort.throwIfAborted();
  const emit = speech.reporters.event.bind(speech.reporters);
  const summary = await extractJob(request, around.abort, emit);
  await speech.reporters.succeeded(summary, speech.title);
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
