// `vdibackup extract`: words -> request -> job -> last line.

import { resolve } from 'node:path';
import { outputFiles } from '../files/side-file.js';
import { threads } from '../options/option-values.js';
import type { ExtractFlags } from '../program.js';
import type { Surroundings } from '../surroundings.js';
import { usageError } from '../usage-error.js';
import { prepareSpeech, type Speech } from './speech.js';

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
  await prepareSpeech(flags, around, speech, [file, ...outputFiles([target])]);
  const request = Object.freeze({
    file: resolve(file),
    out: target === stdout ? stdout : resolve(target),
    salvage: flags.salvage ?? false,
    overwrite: flags.overwrite ?? false,
    threads: threads(flags.threads, around.cpus),
  });
  const extractJob = await around.loadExtractJob();
  around.abort.throwIfAborted();
  const emit = speech.reporters.event.bind(speech.reporters);
  const summary = await extractJob(request, around.abort, emit);
  speech.reporters.succeeded(summary, speech.title);
}

function check(
  file: string,
  target: string,
  { overwrite }: ExtractFlags,
  { stdoutIsTerminal }: Surroundings,
): void {
  if (file === stdout)
    throw usageError('stdin', 'extract reads a file, not stdin', 'zstd -dc reads stdin.');
  if (target !== stdout) return;
  if (overwrite) throw usageError('stdout', "--overwrite needs a file, '-' is stdout");
  if (stdoutIsTerminal) {
    throw usageError(
      'stdout',
      'stdout is a terminal, which cannot take a backup',
      'Redirect it, pipe it, or name a file.',
    );
  }
}
