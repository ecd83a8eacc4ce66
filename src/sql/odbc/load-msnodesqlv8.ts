// The only door to ODBC: the native half of the optional package msnodesqlv8, and nothing of its JavaScript. That half
// (1) ends the process with exit code 0 when process.stdout or process.stderr is a broken pipe (lib/logger.js of 5.5.0);
// (2) reads no further than the first error of a batch; (3) cancels a statement only in a mode that polls each
// millisecond and cannot read on after the first result. mssql/msnodesqlv8 is a pool on top of it that reconnects.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { asError, Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';

/** Native calls of one connection: the last argument is called once, on the main thread. */
export interface NativeConnection {
  open(connectionString: string, done: Done): void;
  query(id: number, statement: NativeStatement, parameters: readonly [], done: Done): void;
  nextResultSet(id: number, handle: unknown, done: Done): void;
  fetchRows(id: number, handle: unknown, options: FetchOptions, done: Done): void;
  /** Sends an attention, if the statement runs and has said nothing yet. */
  cancelQuery(id: number, handle: unknown, done: Done): void;
  releaseStatement(id: number, handle: unknown, done: Done): void;
  close(done: Done): void;
}

type Done = (error: unknown, reply: unknown) => void;

interface NativeStatement {
  readonly query_str: string;
  /** Seconds; 0 = no limit. */
  readonly query_timeout: number;
  readonly query_polling: boolean;
  readonly query_tz_adjustment: number;
  readonly stateChangeCallback: (error: unknown, change: { readonly newState: string }) => void;
}

interface FetchOptions {
  readonly asArrays: true;
  readonly asObjects: false;
  readonly batchSize: number;
}

interface NativeModule {
  readonly Connection: new () => NativeConnection;
}

/** Lowest Node-API that refuses a module built for a newer one; below, Node crashes (20.20.2: SIGSEGV). */
const refusingNodeApi = 10;

/** Milliseconds another process may take to try the module. */
const trialTimeout = 10_000;

/** Throws `Failure('connection')` with the one thing to do. */
export async function loadMsnodesqlv8(): Promise<NativeModule> {
  const require = createRequire(import.meta.url);
  const folder = folderOfPackage(require);
  await tryElsewhere(folder);
  try {
    return nativeModule(folder);
  } catch (error) {
    throw doesNotLoad(asError(error));
  }
}

function folderOfPackage(require: NodeJS.Require): string {
  try {
    return dirname(require.resolve('msnodesqlv8/package.json'));
  } catch (cause) {
    if (isOldNode()) throw nodeTooOld('is not installed', cause);
    throw unavailable('is not installed', cause, [
      'It is an optional part of vdibackup: install vdibackup again with --include=optional.',
      'Or log in with a SQL login: -U and --password-file.',
    ]);
  }
}

/** node-gyp-build, which msnodesqlv8 brings, knows which of its prebuilt files is for this system. */
function nativeModule(folder: string): NativeModule {
  const load = loaderOf(folder)('node-gyp-build') as (folder: string) => NativeModule;
  return load(folder);
}

function loaderOf(folder: string): NodeJS.Require {
  return createRequire(`${folder}/package.json`);
}

/** msnodesqlv8 5.5.0 is built for Node-API 10 (Node 22.14, 24): an older Node is asked in a process that may crash. */
async function tryElsewhere(folder: string): Promise<void> {
  if (!isOldNode()) return;
  // By its whole path: the other process would look for a name in every folder above.
  const loader = loaderOf(folder).resolve('node-gyp-build');
  const script = `require(${JSON.stringify(loader)})(${JSON.stringify(folder)})`;
  const options = { cwd: folder, timeout: trialTimeout };
  const crashed = await new Promise<Error | null>((resolve) =>
    execFile(process.execPath, ['--eval', script], options, resolve),
  );
  if (!crashed) return;
  throw nodeTooOld('does not load', undefined);
}

function isOldNode(): boolean {
  return Number(process.versions.napi) < refusingNodeApi;
}

/** npm leaves the package out on such a Node without a word: an install command would not help. */
function nodeTooOld(why: string, cause: unknown): Failure {
  const hint = 'Use Node.js 22.14 or later for -E, and install vdibackup again with it.';
  return unavailable(`${why} in Node.js ${process.versions.node}`, cause, [hint], 'node-too-old');
}

function doesNotLoad(cause: Error): Failure {
  const words = cause.message.split('\n')[0]?.trim();
  return unavailable(`does not load: ${words}`, cause, [
    'On Linux it needs unixODBC (libodbc.so.2) and an ODBC driver: https://aka.ms/odbc18.',
  ]);
}

function unavailable(
  why: string,
  cause: unknown,
  hints: string[],
  code: FailureCode<'connection'> = 'windows-login-unavailable',
): Failure {
  const message = `a Windows login (-E) needs the package msnodesqlv8, which ${why}`;
  return new Failure(code, message, { cause, hints });
}
