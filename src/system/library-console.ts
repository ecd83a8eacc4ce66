// Standard output belongs to data, standard error to whole lines. The VDI library prints diagnostics to the console
// (sql-server-samples issue 752; to which descriptor is not known), and what it says must end up neither inside a
// backup nor between JSON lines: it is kept apart and shown later.

import { fstatSync, readSync } from 'node:fs';
import { DataType } from './ffi.ts';
import { system } from './process-calls.ts';

const { BigInt: Address, I32, U32, U8Array } = DataType;

/** The last words count, and more than this nobody reads, in bytes. */
const longestSaying = 64 * 1024;

export interface LibraryConsole {
  /** The descriptor that leads to where standard output led. */
  readonly stdout: number;
  /** The descriptor that leads to where standard error led. */
  readonly stderr: number;
  /** What the library printed so far, line by line. */
  said(): string[];
}

let claimed: LibraryConsole | undefined;

/** Takes standard output and standard error away from everybody else in this process, once; call it before the library loads. */
export function claimConsole(): LibraryConsole {
  claimed ??= claim();
  return claimed;
}

function claim(): LibraryConsole {
  if (process.platform === 'win32') return claimStandardHandle();
  return process.platform === 'linux' ? claimDescriptor() : unclaimed;
}

/** No program that anybody starts from here shall inherit what is kept apart (<linux/memfd.h>, <linux/fcntl.h>). */
const MFD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;

const unclaimed: LibraryConsole = { stdout: 1, stderr: 2, said: () => [] };

/** Descriptors 1 and 2 become a file in memory; without one (an old kernel), standard error. */
function claimDescriptor(): LibraryConsole {
  const stdout = duplicate(1);
  const stderr = duplicate(2);
  if (stdout < 0 || stderr < 0) return unclaimed;
  const memory = system(
    'memfd_create',
    [U8Array, U32],
    [Buffer.from('sqlvdi\0'), MFD_CLOEXEC],
  ) as number;
  for (const taken of [1, 2]) system('dup2', [I32, I32], [memory < 0 ? stderr : memory, taken]);
  return { stdout, stderr, said: () => (memory < 0 ? [] : linesOf(memory)) };
}

function duplicate(descriptor: number): number {
  return system('fcntl', [I32, I32, I32], [descriptor, F_DUPFD_CLOEXEC, 0]) as number;
}

function linesOf(memory: number): string[] {
  // What C's printf holds back would come out at the end of the process, after everybody has left.
  system('fflush', [Address], [0n]);
  const bytes = Buffer.alloc(longestSaying);
  const last = Math.max(0, fstatSync(memory).size - longestSaying);
  const text = bytes.toString('utf8', 0, readSync(memory, bytes, 0, longestSaying, last));
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
  return unclaimed;
}
