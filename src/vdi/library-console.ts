// Standard output belongs to data. The VDI library prints diagnostics to the console (sql-server-samples issue 752),
// and what it says must end up neither inside a backup nor between JSON lines: it is kept apart and shown later.

import { readSync } from 'node:fs';
import { DataType } from './ffi.ts';
import { system } from './process-calls.ts';

const { BigInt: Address, I32, U32, U8Array } = DataType;

/** More than this of the library's words nobody reads, in bytes. */
const longestSaying = 64 * 1024;

export interface LibraryConsole {
  /** The descriptor that leads to where standard output led. */
  readonly stdout: number;
  /** What the library printed so far, line by line. */
  said(): string[];
}

/** Takes standard output away from everybody else in this process. Call once, before the library loads. */
export function claimConsole(): LibraryConsole {
  if (process.platform === 'win32') return claimStandardHandle();
  return process.platform === 'linux' ? claimDescriptor() : { stdout: 1, said: () => [] };
}

/** Descriptor 1 becomes a file in memory; without one (an old kernel), standard error. */
function claimDescriptor(): LibraryConsole {
  const stdout = system('dup', [I32], [1]) as number;
  if (stdout < 0) return { stdout: 1, said: () => [] };
  const memory = system('memfd_create', [U8Array, U32], [Buffer.from('sqlvdi\0'), 0]) as number;
  system('dup2', [I32, I32], [memory < 0 ? 2 : memory, 1]);
  return { stdout, said: () => (memory < 0 ? [] : linesOf(memory)) };
}

function linesOf(memory: number): string[] {
  // What C's printf holds back would come out at the end of the process, after everybody has left.
  system('fflush', [Address], [0n]);
  const bytes = Buffer.alloc(longestSaying);
  const text = bytes.toString('utf8', 0, readSync(memory, bytes, 0, longestSaying, 0));
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

const STD_OUTPUT_HANDLE = -11;
const STD_ERROR_HANDLE = -12;

/**
 * Descriptor 1 is Node's own and stays; a DLL asks the process for its standard handle. One that shares a C
 * library which looked at the handle earlier still prints to the old place: Windows has no way to stop it.
 */
function claimStandardHandle(): LibraryConsole {
  const stderr = system('GetStdHandle', [U32], [STD_ERROR_HANDLE >>> 0], Address);
  system('SetStdHandle', [U32, Address], [STD_OUTPUT_HANDLE >>> 0, stderr]);
  return { stdout: 1, said: () => [] };
}
