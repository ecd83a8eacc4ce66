// Two things Node cannot do to its own process and the system can, through the same FFI as VDI.

import { DataType, load, open } from './ffi.ts';

const windows = process.platform === 'win32';
const key = 'system:process';
let opened = false;

const { BigInt: Address, I32, U32 } = DataType;

function system(
  funcName: string,
  paramsType: DataType[],
  paramsValue: unknown[],
  retType: DataType = I32,
): unknown {
  if (!opened) open({ library: key, path: windows ? 'kernel32.dll' : '' });
  opened = true;
  return load({
    library: key,
    funcName,
    retType: retType as DataType.Void,
    paramsType,
    paramsValue,
  });
}

/**
 * Takes standard output away from everybody else and returns the descriptor that now leads to where it led.
 * libsqlvdi prints diagnostics to the console (sql-server-samples issue 752); they must never end up
 * inside a backup. What others print from now on comes out on stderr. Call before the library loads.
 */
export function claimStdout(): number {
  if (windows) return claimStandardHandle();
  if (process.platform !== 'linux') return 1;
  const data = system('dup', [I32], [1]) as number;
  if (data < 0) return 1;
  system('dup2', [I32, I32], [2, 1]);
  return data;
}

const STD_OUTPUT_HANDLE = -11;
const STD_ERROR_HANDLE = -12;

/**
 * Descriptor 1 is Node's own and stays; a DLL asks the process for its standard handle. One that shares a C
 * library which looked at the handle earlier still prints to the old place: Windows has no way to stop it.
 */
function claimStandardHandle(): number {
  const stderr = system('GetStdHandle', [U32], [STD_ERROR_HANDLE >>> 0], Address);
  system('SetStdHandle', [U32, Address], [STD_OUTPUT_HANDLE >>> 0, stderr]);
  return 1;
}

/** GetCurrentProcess(): always this number. */
const thisProcess = -1n;

/**
 * Ends the process now, with `code`. process.exit waits for worker threads and for libuv's thread pool;
 * one of them stuck in a system call or in a device that does not answer would hold the program for ever.
 * On Windows ExitProcess would do no better: it runs the ends of all DLLs, which may wait for a lost thread.
 */
export function exitNow(code: number): never {
  if (windows) system('TerminateProcess', [Address, U32], [thisProcess, code]);
  if (process.platform === 'linux') system('_exit', [I32], [code]);
  process.exit(code);
}
