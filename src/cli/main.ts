// The only file that knows the process: argv, environment, signals, exit code. Not here: any decision.

import { writeSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { isatty } from 'node:tty';
import { Abort } from '../base/abort.js';
import { asError, exitCodes, internalError } from '../errors.js';
import { Output } from './report/output.js';
import { Run } from './run.js';
import { Redactor } from './secrets/redact.js';
import { catchSignals } from './signals.js';
import type { Surroundings } from './surroundings.js';
import { syncWriter } from './sync-writer.js';

/** How long an abort after an unexpected error may take before the process ends all the same, in milliseconds. */
const abortGrace = 10_000;

/** After this time in milliseconds a job is under way and this thread idle: then the way out is made ready. */
const underWay = 300;

let jobLoaded = false;
/** Where standard error and standard output are; a job may move them away from the VDI library's reach. */
let stderr = 2;
let stdout = 1;
const writeErr = syncWriter(2, (_, bytes) => writeSync(stderr, bytes));
const writeOut = syncWriter(1, (_, bytes) => writeSync(stdout, bytes));
const redactor = new Redactor();
const output = new Output(writeErr, redactor);
const abort = new Abort();
const around: Surroundings = {
  argv: process.argv.slice(2),
  env: process.env,
  platform: process.platform,
  hostName: hostname(),
  cpus: availableParallelism(),
  stdinIsTerminal: isatty(0),
  stdoutIsTerminal: isatty(1),
  stderrIsTerminal: isatty(2),
  columns: () => process.stderr.columns || 80,
  now: Date.now,
  writeOut: (text) => output.besides(() => writeOut(text)),
  output,
  redactor,
  abort,
  askPassword: isatty(0) && isatty(2) ? ask : undefined,
  speakOn: (movedStderr, movedStdout = stdout) => {
    stderr = movedStderr;
    stdout = movedStdout;
  },
  parentProgram: async () => {
    if (process.platform !== 'win32') return undefined;
    return (await import('../job/program-of.js')).programOf(process.ppid);
  },
  loadBackupJob: async () => {
    jobLoaded = true;
    return (await import('../job/backup/backup-job.js')).backupJob;
  },
  loadRestoreJob: async () => {
    jobLoaded = true;
    return (await import('../job/restore/restore-job.js')).restoreJob;
  },
  loadDrillJob: async () => {
    jobLoaded = true;
    return (await import('../job/drill/drill-job.js')).drillJob;
  },
  loadExtractJob: async () => {
    jobLoaded = true;
    return (await import('../job/extract/extract-job.js')).extractJob;
  },
  loadVerifyJob: async () => {
    jobLoaded = true;
    return (await import('../job/verify/verify-job.js')).verifyJob;
  },
  loadDoctorJob: async () => {
    jobLoaded = true;
    return (await import('../job/doctor/doctor-job.js')).doctorJob;
  },
  loadServerVerifyJob: async () => {
    jobLoaded = true;
    return (await import('../job/verify/server-verify-job.js')).serverVerifyJob;
  },
  loadInfoJob: async () => (await import('../job/info/info-job.js')).infoJob,
};

async function ask(question: string): Promise<string> {
  const { askPassword } = await import('./secrets/password-prompt.js');
  return askPassword(question, process.stdin, writeErr, abort);
}

const run = new Run(around);
catchSignals(process, process.platform, abort, (reason, again) => run.stopping(reason, again));

// Node would print warnings whenever it likes, also after the last line.
process.removeAllListeners('warning');
process.on('warning', (warning) => run.debug(`${warning.name}: ${warning.message}`));

/** The devices are closed first: an error that nobody expected must not leave SQL Server waiting. */
const crashed = new Promise<number>((resolve) => {
  const crash = (thrown: unknown) => {
    abort.raise(asError(thrown));
    setTimeout(() => resolve(run.fail(thrown)), abortGrace).unref();
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
});

let ended = false;
const end = (exitCode: number) => {
  ended = true;
  process.exitCode = exitCode;
  if (jobLoaded || abort.cause) void leave(exitCode);
};

/**
 * Everything said is written and everything stored is closed. The threads of a job take their time to end, and
 * one that is stuck in native code never does; coverage alone needs the long way out.
 */
async function leave(exitCode: number): Promise<void> {
  if (process.env.NODE_V8_COVERAGE) process.exit(exitCode);
  try {
    const { exitNow } = await wayOut();
    exitNow(exitCode);
  } catch {
    // Where there is no FFI for this machine, nothing was ever stuck in it.
    process.exit(exitCode);
  }
}

/** Loading the FFI takes 10 ms, which nobody shall wait for at the end. */
const wayOut = () => import('../job/exit-now.js');
setTimeout(() => jobLoaded && void wayOut().catch(asError), underWay).unref();

// Whatever else ends the process has not made a backup.
process.exitCode = exitCodes.unclassified;
process.once('beforeExit', () => {
  if (!ended) end(run.fail(internalError('the run to end', 'nothing left to wait for')));
});
Promise.race([run.start(), crashed]).then(end, () => end(exitCodes.unclassified));
