// `vdibackup verify`: words -> request -> job -> report and last line.

import type { VerifySummary } from '../base/events.js';
import { Failure } from '../errors.js';
import type { ServerVerifyResult } from '../job/verify/server-verify-job.js';
import type { VerifiedFile, VerifyReport, VerifyRequest } from '../job/verify/verify-report.js';
import { prepareSpeech, type Speech } from './commands/speech.js';
import { writeReport } from './json-report.js';
import { connection } from './options/connection-options.js';
import { serverVerifyPlan, verifyRequest } from './options/verify-options.js';
import type { VerifyFlags } from './program.js';
import type { Surroundings } from './surroundings.js';

export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'verify', files };
  const request = verifyRequest(files, flags, around);
  const verify = flags.server ? withServer : byItself;
  const { report, failure } = await verify(request, flags, around, speech);
  const lost = flags.json && writeReport(around, around.redactor.scrubValue(report));
  if (failure) throw failure;
  if (!report.good) throw unreadFailure(report) ?? damagedFailure(report);
  if (lost) throw lost;
  speech.reporters.succeeded(summary(report), speech.title);
}

async function byItself(
  request: VerifyRequest,
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<ServerVerifyResult> {
  await prepareSpeech(flags, around, speech, request.files);
  const verifyJob = await around.loadVerifyJob();
  around.abort.throwIfAborted();
  const emit = speech.reporters.event.bind(speech.reporters);
  return { report: await verifyJob(request, around.abort, emit), failure: undefined };
}

async function withServer(
  request: VerifyRequest,
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<ServerVerifyResult> {
  const { server: _, instance, ...words } = flags;
  const server = instance === undefined ? {} : { server: instance };
  const { target, login } = connection({ ...words, ...server }, around);
  const complete = serverVerifyPlan(request, flags, around);
  await prepareSpeech(flags, around, speech, request.files);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await login(emit)) });
  const serverVerifyJob = await around.loadServerVerifyJob();
  around.abort.throwIfAborted();
  return serverVerifyJob(complete(settings), around.abort, emit, around.speakOn);
}

function summary({ files, rawBytes, storedBytes, elapsedMs, server }: VerifyReport): VerifySummary {
  return {
    job: 'verify',
    files: files.map(({ file }) => file),
    rawBytes,
    storedBytes,
    elapsedMs: elapsedMs + (server?.elapsedMs ?? 0),
    ...(server?.outcome === 'valid' && { server: server.outcome }),
  };
}

function isDamaged({ good, unread }: VerifiedFile): boolean {
  return !good && !unread;
}

/** When nothing is known to be damaged, but not everything could be read. */
function unreadFailure({ files, sets }: VerifyReport): Failure | undefined {
  const unread = files.filter((file) => file.unread);
  const [first] = unread.flatMap(({ damage }) => damage);
  if (!first || sets.length > 0 || files.some(isDamaged)) return undefined;
  const what = `${unread.length} of ${files.length} files could not be read`;
  const others =
    unread.length < files.length ? ['the others were read and are good; see above for each'] : [];
  return new Failure('io', first.code, `${what}: ${first.message}`, { hints: others });
}

/** The first finding stands for all. */
function damagedFailure({ files, sets, server }: VerifyReport): Failure {
  const damaged = files.filter(isDamaged);
  const damage = [...damaged.flatMap((file) => file.damage), ...sets];
  const bad = damaged.length;
  const omitted = damaged.reduce((sum, { damageOmitted = 0 }) => sum + damageOmitted, 0);
  const others = damage.length - 1 + omitted;
  const many = others > 0 ? ` (and ${others} more)` : '';
  const unread = files.filter((file) => file.unread).length;
  const whats = [
    bad > 0 ? `${bad} of ${files.length} files damaged` : 'the set is not whole',
    ...(unread > 0 ? [`${unread} could not be read`] : []),
  ];
  const what = whats.join(', ');
  return new Failure('integrity', 'damaged', `${what}: ${damage[0]?.message ?? 'damage'}${many}`, {
    hints: [
      ...(bad > 0
        ? [damage[0]?.hint ?? 'copy the file again from where it was made, or take a new backup']
        : []),
      ...(server ? ['SQL Server was not asked: it is only asked about files that are whole'] : []),
    ],
  });
}
