// A file that the command line names beside those of the job (`--log-file`, `--junit`): writing it must not touch them.

import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { foldedName } from '../../base/folded-name.ts';
import { usageError } from '../usage-error.ts';
import { placeOf } from './link-target.ts';

/** What `-` reads and writes where it is redirected to a file; Windows has no such names. */
const stdinFile = '/dev/stdin';
export const stdoutFile = '/dev/stdout';
export const stderrFile = '/dev/stderr';
/** What a job makes of the name of a file that it writes. */
const companions = ['', '.partial', '.previous.partial', '.sha256'];

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
export async function refuseJobFile(
  option: string,
  path: string,
  files: readonly string[],
  suffixes: readonly string[] = [''],
): Promise<void> {
  const taken = new Set(await identitiesOf(files, companions));
  const clash = (await identitiesOf([path], suffixes)).some((one) => taken.has(one));
  if (!clash) return;
  throw usageError(
    'is-a-job-file',
    `${option} must not write ${path}: the job itself reads or writes it`,
    'Give it a name of its own.',
  );
}

/** The same file under two names has one inode; two that are still to be made have one place. */
async function identities(path: string): Promise<string[]> {
  const found = await look(path);
  if (found && !found.isFile()) return [];
  return [...(found ? [`inode ${found.dev}:${found.ino}`] : []), `place ${await place(path)}`];
}

async function identitiesOf(
  files: readonly string[],
  suffixes: readonly string[],
): Promise<string[]> {
  const names = files.flatMap((file) => suffixes.map((suffix) => file + suffix));
  return (await Promise.all(names.map(identities))).flat();
}

/** Whoever opens the file says why it cannot be looked at. */
async function look(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

/** Names that one folder may not tell apart count as one. */
async function place(path: string): Promise<string> {
  const real = await placeOf(path).catch(() => resolve(path));
  return foldedName(real);
}
