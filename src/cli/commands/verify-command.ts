// `vdibackup verify`, whole: its words, and words -> request -> job -> report and last line.

import type { Command } from 'commander';
import type { ServerVerifyResult } from '../../job/verify/server-verify-job.ts';
import { verifyFailure } from '../../job/verify/verify-failure.ts';
import type { VerifyReport, VerifyRequest } from '../../job/verify/verify-report.ts';
import { connectionOptions } from '../options/connection-flags.ts';
import { connection } from '../options/connection-options.ts';
import type { SpeechFlags } from '../options/speech-flags.ts';
import type { ServerVerifyFlags, VerifyWords } from '../options/verify-options.ts';
import { serverVerifyPlan, verifyRequest } from '../options/verify-options.ts';
import { checkLibrary } from '../own-code.ts';
import { refuseClosedStdout, writeReport } from '../report/json-report.ts';
import { type FileTitle, okRead } from '../report/result-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Running, type Verb, verbCommand } from '../verb.ts';
import { speechOptions } from './command-options.ts';
import { prepareSpeech, type Speech } from './speech.ts';

type VerifyFlags = VerifyWords & ServerVerifyFlags & SpeechFlags;

export const verifyVerb: Verb = { declare };

function declare(program: Command, running: Running): Command {
  const command = verbCommand(program, 'verify')
    .summary('check stored backups, offline')
    .description(
      'Checks stored backups from the first byte to the last, without SQL Server:\n' +
        'archives of vdibackup, native backups (.bak), and .zst files of one.\n' +
        'Exit 9 on any damage. With --json the report is on stdout. No restore test.\n' +
        'With --verifyonly, SQL Server then reads it, too, through virtual devices.',
    )
    .argument('<file...>', 'what to check; the stripes of a set belong together')
    .option('--threads <n>', 'decompression threads (default: all cores)')
    .option('--verifyonly', 'RESTORE VERIFYONLY as well; takes the connection options')
    .option('--transfer-size <size>', 'with --verifyonly: MAXTRANSFERSIZE (default: of the server)')
    .option('--block-size <size>', 'with --verifyonly: BLOCKSIZE (default: as in the backup)')
    .option('--stall-timeout <duration>', 'with --verifyonly: abort when no byte moved for so long')
    .action((files: string[], flags: VerifyFlags) => verify(files, flags, running));
  connectionOptions(command);
  speechOptions(command);
  return command;
}

async function verify(
  files: readonly string[],
  flags: VerifyFlags,
  { around, speech }: Running,
): Promise<void> {
  const title = { verb: 'verify', files };
  speech.title = title;
  if (flags.json) refuseClosedStdout(around);
  const request = verifyRequest(files, flags, around);
  const verify = flags.verifyonly ? withServer : byItself;
  const { report, failure } = await verify(request, flags, around, speech);
  const lost = flags.json && (await writeReport(around, around.redactor.scrubValue(report)));
  if (failure) throw failure;
  const problem = verifyFailure(report);
  if (problem) throw problem;
  if (lost) throw lost;
  await speech.reporters.succeeded(summary(report), title, (...run) => [okLine(...run)]);
}

async function byItself(
  request: VerifyRequest,
  flags: VerifyFlags,
  around: Surroundings,
  speech: Speech,
): Promise<ServerVerifyResult> {
  await prepareSpeech(flags, around, speech, request.files);
  const { verifyJob } = await around.load(() => import('../../job/verify/verify-job.ts'), 'files');
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
  const { serverVerifyJob } = await around.load(
    () => import('../../job/verify/server-verify-job.ts'),
    'library',
  );
  return serverVerifyJob(wanted, around.abort, emit, around.speakOn);
}

/** The outcome of a verification that found nothing wrong. */
interface VerifySummary {
  readonly job: 'verify';
  readonly files: readonly string[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
  /** Files that could not be checked, because their form is not known here; absent when there is none. */
  readonly unchecked?: number;
  /** SQL Server called every backup set valid (`--verifyonly`). */
  readonly server?: 'valid';
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

function okLine(summary: VerifySummary, title: FileTitle): string {
  const { unchecked, server } = summary;
  const unknown = unchecked === undefined ? '' : ` unchecked=${unchecked}`;
  return okRead(summary, title) + unknown + (server === undefined ? '' : ` server=${server}`);
}
