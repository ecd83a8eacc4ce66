// `vdibackup verify`: words -> request -> job -> report and last line.

import type { VerifySummary } from '../../base/events.ts';
import type { ServerVerifyResult } from '../../job/verify/server-verify-job.ts';
import { verifyFailure } from '../../job/verify/verify-failure.ts';
import type { VerifyReport, VerifyRequest } from '../../job/verify/verify-report.ts';
import { connection } from '../options/connection-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import type { ServerVerifyFlags, VerifyWords } from '../options/verify-options.ts';
import { serverVerifyPlan, verifyRequest } from '../options/verify-options.ts';
import { checkLibrary } from '../own-code.ts';
import { refuseClosedStdout, writeReport } from '../report/json-report.ts';
import type { Surroundings } from '../surroundings.ts';
import { prepareSpeech, type Speech } from './speech.ts';

export type VerifyFlags = VerifyWords & ServerVerifyFlags & SpeechFlags;

export async function verifyCommand(
  files: readonly string[],
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<void> {
  speech.title = { verb: 'verify', files };
  if (flags.json) refuseClosedStdout(around);
  const request = verifyRequest(files, flags, around);
  const verify = flags.verifyonly ? withServer : byItself;
  const { report, failure } = await verify(request, flags, around, speech);
  const lost = flags.json && (await writeReport(around, around.redactor.scrubValue(report)));
  if (failure) throw failure;
  const problem = verifyFailure(report);
  if (problem) throw problem;
  if (lost) throw lost;
  await speech.reporters.succeeded(summary(report), speech.title);
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
  const { target, login } = connection(flags, around);
  const complete = serverVerifyPlan(request, flags, around);
  await prepareSpeech(flags, around, speech, request.files);
  const emit = speech.reporters.event.bind(speech.reporters);
  const settings = Object.freeze({ ...target, ...(await login(emit)) });
  const wanted = complete(settings);
  await checkLibrary(flags, wanted, around.abort);
  const serverVerifyJob = await around.loadServerVerifyJob();
  around.abort.throwIfAborted();
  return serverVerifyJob(wanted, around.abort, emit, around.speakOn);
}

function summary({ files, rawBytes, storedBytes, elapsedMs, server }: VerifyReport): VerifySummary {
  const unchecked = files.filter(({ verdict }) => verdict === 'unchecked').length;
  return {
    job: 'verify',
    files: files.map(({ file }) => file),
    rawBytes,
    storedBytes,
    elapsedMs: elapsedMs + (server?.elapsedMs ?? 0),
    ...(unchecked > 0 && { unchecked }),
    ...(server?.outcome === 'valid' && { server: server.outcome }),
  };
}
