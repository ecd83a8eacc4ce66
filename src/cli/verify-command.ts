// `vdibackup verify`: words -> request -> job -> report and last line.

import { resolve } from 'node:path';
import { Failure } from '../errors.ts';
import type { VerifySummary } from '../events.ts';
import type { VerifyReport } from '../job/verify-report.ts';
import { prepareSpeech, type Speech } from './backup-command.ts';
import { threads } from './option-values.ts';
import type { VerifyFlags } from './program.ts';
import type { Surroundings } from './surroundings.ts';
import { usageError } from './usage-error.ts';

export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'verify', files };
  if (files.includes('-')) throw usageError('stdin', 'verify reads files, not stdin');
  await prepareSpeech(flags, around, speech);
  const request = Object.freeze({
    files: files.map((file) => resolve(file)),
    threads: threads(flags.threads, around.cpus),
  });
  const verifyJob = await around.loadVerifyJob();
  around.abort.throwIfAborted();
  const emit = speech.reporters.event.bind(speech.reporters);
  const report = await verifyJob(request, around.abort, emit);
  if (flags.json) around.writeOut(`${JSON.stringify(report)}\n`);
  if (!report.good) throw damagedFailure(report);
  speech.reporters.succeeded(summary(report), speech.title);
}

function summary({ files, rawBytes, storedBytes, elapsedMs }: VerifyReport): VerifySummary {
  return { job: 'verify', files: files.map(({ file }) => file), rawBytes, storedBytes, elapsedMs };
}

/** The first finding stands for all. */
function damagedFailure({ files, sets }: VerifyReport): Failure {
  const damage = [...files.flatMap((file) => file.damage), ...sets];
  const bad = files.filter((file) => !file.good).length;
  const many = damage.length > 1 ? ` (and ${damage.length - 1} more)` : '';
  const what = bad > 0 ? `${bad} of ${files.length} files damaged` : 'the set is not whole';
  return new Failure('integrity', 'damaged', `${what}: ${damage[0]?.message ?? 'damage'}${many}`, {
    hints: bad > 0 ? ['copy the file again from where it was made, or take a new backup'] : [],
  });
}
