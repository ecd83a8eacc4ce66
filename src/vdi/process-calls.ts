// Two things Node cannot do to its own process and C can, through the same FFI as VDI.

import { DataType, load, open } from './ffi.ts';

const key = 'libc:process';
let opened = false;

function libc(funcName: string, ...values: number[]): number {
  if (!opened) open({ library: key, path: '' });
  opened = true;
  const paramsType = values.map(() => DataType.I32);
  return load({ library: key, funcName, retType: DataType.I32, paramsType, paramsValue: values });
}

/**
 * Takes fd 1 away from everybody else and returns the descriptor that now leads to where stdout led.
 * libsqlvdi prints diagnostics to the console (sql-server-samples issue 752); they must never end up
 * inside a backup. What is printed to fd 1 from now on comes out on stderr. Call before the library loads.
 */
export function claimStdout(): number {
  if (process.platform !== 'linux') return 1;
  const data = libc('dup', 1);
  if (data < 0) return 1;
  libc('dup2', 2, 1);
  return data;
}

/**
 * Ends the process now, with `code`. process.exit waits for worker threads and for libuv's thread pool;
 * one of them stuck in a system call or in a device that does not answer would hold the program for ever.
 */
export function exitNow(code: number): never {
  if (process.platform === 'linux') libc('_exit', code);
  process.exit(code);
}
