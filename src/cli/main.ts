// The only file that knows the process: argv, environment, signals, exit code. Not here: any decision.

import { hostname } from 'node:os';
import { isatty } from 'node:tty';
import { Abort } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { asError, internalError } from '../base/errors.ts';
import { exitCodes } from '../base/failure-codes.ts';
import { availableProcessors } from '../system/cpu-quota.ts';
import { isClosed } from '../system/inherited-descriptor.ts';
import { channelTo, Outlet } from './files/outlet.ts';
import { keepStandardStreams } from './files/standard-streams.ts';
import { Output } from './report/output.ts';
import { Run } from './run.ts';
import { Redactor } from './secrets/redact.ts';
import { catchSignals } from './signals.ts';
import type { Surroundings } from './surroundings.ts';

/** How long an abort after an unexpected error may take before the process ends all the same, in milliseconds. */
const abortGrace = 10_000;

/** After this time in milliseconds a job is under way and this thread idle: then the way out is made ready. */
const underWay = 300;

/** How long a reader of the last words may take nothing, and not all of them, ms: shorter after an abort, which takes less than a second whatever a terminal does. */
const lastWords = { stuck: 2000, total: 10_000 };
const lastWordsOfAbort = { stuck: 300, total: 1000 };

/** How long the reader of a report may take nothing, milliseconds: somebody may be paging through it, nobody waits for ever. */
const reportPatience = 60_000;

/** How long a process with nothing left to do may take to end by itself, milliseconds. */
const idleMs = 200;

/** How long a job waits for a reader before it moves the descriptors, milliseconds. */
const moveMs = 100;

let jobLoaded = false;
const err = new Outlet(channelTo(2));
const out = new Outlet(channelTo(1));
const redactor = new Redactor();
const output = new Output(
  (text, options) => err.write(text, options),
  () => err.takeLost(),
);
const abort = new Abort();
const signalled = deferred<void>();
const around: Surroundings = {
  argv: process.argv.slice(2),
  env: process.env,
  platform: process.platform,
  hostName: hostname(),
  cpus: availableProcessors(),
  stdinIsTerminal: isatty(0),
  stdoutIsTerminal: isatty(1),
  stderrIsTerminal: isatty(2),
  columns: () => process.stderr.columns || 80,
  now: Date.now,
  stdoutIsClosed: isClosed(1),
  writeOut: async (text) => {
    // What was printed before comes before it, also where both go to one file.
    await spoken();
    output.besides(() => out.write(text, { always: true }));
    return taken(out, { stuck: reportPatience, total: Number.POSITIVE_INFINITY });
  },
  output,
  redactor,
  showCommandLine: (words) => {
    // On Windows it would be the title of the console; nothing there takes words off a command line.
    if (process.platform !== 'win32') process.title = ['vdibackup', ...words].join(' ');
  },
  abort,
  askPassword: isatty(0) && isatty(2) ? ask : undefined,
  speakOn: (movedStderr, movedStdout) => {
    err.moveTo(movedStderr);
    if (movedStdout !== undefined) out.moveTo(movedStdout);
  },
  parentProgram: async () => {
    if (process.platform !== 'win32') return undefined;
    return (await import('../system/parent-program.ts')).programOf(process.ppid);
  },
  load: async (job, uses) => {
    if (uses === 'library') await beginBesideLibrary();
    if (uses === 'files') await begin();
    const loaded = await job();
    if (uses !== 'afterwards') abort.throwIfAborted();
    return loaded;
  },
};

async function ask(question: string): Promise<string> {
  const { askPassword } = await import('./secrets/password-prompt.ts');
  return askPassword(question, process.stdin, (text) => err.write(text, { always: true }), abort);
}

/** Whether standard error took all that was printed. */
function spoken(): Promise<boolean> {
  return taken(err, abort.cause ? lastWordsOfAbort : lastWords);
}

/** Whether `outlet` got rid of everything. A signal makes the waiting short, never none. */
async function taken(outlet: Outlet, { stuck, total }: typeof lastWords): Promise<boolean> {
  if (await outlet.drained(stuck, total, signalled.promise)) return true;
  return outlet.drained(lastWordsOfAbort.stuck, lastWordsOfAbort.total);
}

async function begin(): Promise<void> {
  jobLoaded = true;
  await err.drained(moveMs, moveMs);
}

/**
 * Descriptors 1 and 2 are moved out of the VDI library's reach before the job prints anything: a line that a thread of
 * libuv's pool has not begun to write (sockets and files) would go to the library's console.
 */
async function beginBesideLibrary(): Promise<void> {
  await begin();
  try {
    const { claimConsole } = await import('../system/library-console.ts');
    const { stderr, stdout } = claimConsole();
    around.speakOn(stderr, stdout);
  } catch (error) {
    // Without an FFI for this machine there is no library either; the job says so.
    run.debug(asError(error).message);
  }
}

const run = new Run(around);
const signalOptions = {
  platform: process.platform,
  ignoresHangup: () => around.argv.includes('--ignore-hangup'),
};
catchSignals(process, signalOptions, abort, (reason, again) => {
  run.stopping(reason, again);
  signalled.resolve();
});
keepStandardStreams((text) => run.debug(text));

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
const end = async (exitCode: number) => {
  ended = true;
  process.exitCode = exitCode;
  const isSpoken = await spoken();
  if (jobLoaded || abort.cause || !isSpoken) void leave(exitCode);
  // A thread that hangs in a file system, with a log perhaps, would hold the process.
  else setTimeout(() => void leave(exitCode), idleMs).unref();
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
const wayOut = () => import('../system/process-calls.ts');
setTimeout(() => jobLoaded && void wayOut().catch(asError), underWay).unref();

// Whatever else ends the process has not made a backup.
process.exitCode = exitCodes.unclassified;
process.once('beforeExit', () => {
  if (!ended) void run.fail(internalError('the run to end', 'nothing left to wait for')).then(end);
});
Promise.race([run.start(), crashed]).then(end, () => end(exitCodes.unclassified));
