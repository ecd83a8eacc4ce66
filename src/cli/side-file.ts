// A file that the command line names beside those of the job (`--log-file`, `--junit`): writing it must not touch them.

import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { usageError } from './usage-error.ts';

/** What `-` reads and writes where it is redirected to a file; Windows has no such names. */
const stdinFile = '/dev/stdin';
export const stdoutFile = '/dev/stdout';
export const stderrFile = '/dev/stderr';
/** What a job makes of the name of a file that it writes. */
const companions = ['', '.partial', '.sha256'];

/** As `refuseJobFile` takes what a job reads, in the words of the command line. */
export function inputFiles(words: readonly string[]): readonly string[] {
  return words.map((word) => (word === '-' ? stdinFile : word));
}

export function outputFiles(words: readonly string[]): readonly string[] {
  return words.map((word) => (word === '-' ? stdoutFile : word));
}

/**
 * Refuses to write `path` and what it is made in, `suffixes` behind its name, where one of them is, or will be, one of
 * the job's `files` or their companions. Pipes and devices may be shared.
 */
export function refuseJobFile(
  option: string,
  path: string,
  files: readonly string[],
  suffixes: readonly string[] = [''],
): void {
  const taken = new Set(
    files.flatMap((file) => companions.flatMap((suffix) => identities(file + suffix))),
  );
  const clash = suffixes
    .map((suffix) => path + suffix)
    .find((name) => identities(name).some((one) => taken.has(one)));
  if (clash === undefined) return;
  throw usageError(
    'is-a-job-file',
    `${option} must not write ${clash}: the job itself reads or writes it`,
    'Give it a name of its own.',
  );
}

/** The same file under two names has one inode; two that are still to be made have one place. */
function identities(path: string): string[] {
  const found = look(path);
  if (found && !found.isFile()) return [];
  return [...(found ? [`inode ${found.dev}:${found.ino}`] : []), `place ${place(path)}`];
}

function look(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Names that differ in case only count as one: on Windows and many shares they are. */
function place(path: string): string {
  const absolute = resolve(path);
  return join(realFolder(dirname(absolute)), basename(absolute))
    .normalize('NFC')
    .toLowerCase();
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // Whoever opens the file says what is wrong with its folder.
    return folder;
  }
}
