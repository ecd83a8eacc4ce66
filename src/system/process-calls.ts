// What Node cannot do to its own process and the system can, through the same FFI as VDI.

import { limitCores } from './core-limit.ts';
import { DataType, load, type NoAnswer, open } from './ffi.ts';

const windows = process.platform === 'win32';
const key = 'system:process';
let opened = false;

const { BigInt: Address, I32, U32 } = DataType;

/** Calls a function of the C library (Linux) or of kernel32 (Windows). Throws when there is no such function. */
export function system(
  funcName: string,
  paramsType: DataType[],
  paramsValue: unknown[],
  retType: DataType = I32,
): unknown {
  openKey();
  return load({
    library: key,
    funcName,
    retType: retType as NoAnswer,
    paramsType,
    paramsValue,
  });
}

interface Answered {
  readonly value: unknown;
  /** errno on Linux, GetLastError() on Windows; of the call itself. */
  readonly error: number;
}

/** As `system`, on a thread of libuv's pool: for calls that may wait for a disk or a file server. */
export async function systemOffMain(
  funcName: string,
  paramsType: DataType[],
  paramsValue: unknown[],
  retType: DataType = I32,
): Promise<Answered> {
  openKey();
  const { value, errnoCode } = (await load({
    library: key,
    funcName,
    retType: retType as NoAnswer,
    paramsType,
    paramsValue,
    errno: true,
    runInNewThread: true,
  })) as { value: unknown; errnoCode: number };
  return { value, error: errnoCode };
}

function openKey(): void {
  if (!opened) open({ library: key, path: windows ? 'kernel32.dll' : '' });
  opened = true;
}

/** GetCurrentProcess(): always this number. */
const thisProcess = -1n;
/** Not NULL, which stands for all other threads one call further down. */
const noProcess = 0x7fff_fff0n;

function terminate(process: bigint, code: number): void {
  system('TerminateProcess', [Address, U32], [process, code]);
}

// To no effect but that the function is found now, before any thread starts: whoever looks one up takes the lock of the
// loader, which a thread may hold that is lost while its DLLs begin or end, and the way out must not wait for a thread.
if (windows) terminate(noProcess, 0);
if (process.platform === 'linux') limitCores(system);

/**
 * Ends the process now, with `code`. process.exit waits for worker threads and for libuv's thread pool;
 * one of them stuck in a system call or in a device that does not answer would hold the program for ever.
 * On Windows ExitProcess would do no better: it runs the ends of all DLLs, which may wait for a lost thread.
 */
export function exitNow(code: number): never {
  if (windows) terminate(thisProcess, code);
  if (process.platform === 'linux') system('_exit', [I32], [code]);
  process.exit(code);
}
