// What can be known about a destination before any work is done. Nothing is created or changed here; the
// proof that the folder can be written is the partial file itself (partial-file.ts).

import { constants, type Stats } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Failure } from '../base/errors.ts';
import type { FailureCode } from '../base/failure-codes.ts';
import { foldedName } from '../base/folded-name.ts';
import { windowsDevice } from '../base/platform/windows-names.ts';
import { asideSuffix } from './file/name-change.ts';
import { partialSuffix } from './file/partial-file.ts';
import { refuseUnreplaceable } from './file/replaceable.ts';
import { ioFailure, systemErrorName } from './io-failure.ts';
import { windowsPaths } from './path-grammar.ts';

/** Longest name of one file: bytes on POSIX systems, UTF-16 units on Windows. */
export const maxNameLength = 255;
/** Characters Windows gives a meaning of its own (a colon would name an alternate stream), and ends that it drops. */
const windowsReserved = /[<>:"|?*]|[. ]$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const controlCharacter = /[\u0000-\u001f]/;

export interface Destination {
  /** As the user gave it, made absolute. */
  readonly path: string;
  /** The folder without symbolic links, and the file name: what makes two paths the same file. */
  readonly folder: string;
  readonly name: string;
}

/**
 * Checks the destinations of one run, one per stripe, in order. Resolves with them, or rejects with the
 * first problem: Failure `usage` (exit 2) for names that cannot be or that collide, Failure `io` (exit 8)
 * with code `file-exists`, `not-found`, `not-a-folder`, `is-a-folder`, `not-a-file`, `access-denied`,
 * `read-only`.
 */
export async function checkDestinations(
  paths: readonly string[],
  options: { readonly overwrite: boolean },
): Promise<Destination[]> {
  const destinations: Destination[] = [];
  for (const path of paths) destinations.push(await checkDestination(path, options.overwrite));
  refuseCollisions(destinations);
  return destinations;
}

/** Refuses a destination that is `source`, or whose partial file is: a partial file is made anew, the old one removed. */
export async function refuseSource(destination: Destination, source: string): Promise<void> {
  const read = await look(source, source, stat);
  for (const name of [destination.name, destination.name + partialSuffix]) {
    const found = await look(join(destination.folder, name), name, lstat);
    if (found && found.ino === read?.ino && found.dev === read.dev)
      throw unusable(
        destination.path,
        `${name} is the file that is read`,
        'give it another name',
        'is-the-source',
      );
  }
}

async function checkDestination(path: string, overwrite: boolean): Promise<Destination> {
  checkName(path, overwrite ? asideSuffix : partialSuffix);
  const absolute = resolve(path);
  // The target first: of /dev/null an ordinary user wants to know that it is no file, not who may write in /dev.
  await checkTarget(absolute, path, overwrite);
  return { path: absolute, folder: await checkFolder(dirname(absolute)), name: basename(absolute) };
}

/** `suffix` is the longest that the name gets meanwhile. */
function checkName(path: string, suffix: string): void {
  const name = basename(path);
  if (['', '.', '..'].includes(name) || path.endsWith(sep) || path.endsWith('/')) {
    throw unusable(path, 'it names a folder', 'add a file name, e.g. sales.bak.zst');
  }
  if (controlCharacter.test(name) || path.includes('\0')) {
    throw unusable(JSON.stringify(path), 'its name holds a control character', 'use another name');
  }
  if (windowsPaths && (windowsReserved.test(name) || windowsDevice.test(name))) {
    throw unusable(
      path,
      'Windows does not allow this name',
      'leave out < > : " | ? * and final dots',
    );
  }
  const longest = name + suffix;
  const length = windowsPaths ? longest.length : Buffer.byteLength(longest);
  if (length <= maxNameLength) return;
  const most = maxNameLength - suffix.length;
  throw unusable(
    path,
    'its name is too long',
    `use a name of at most ${most} bytes`,
    'name-too-long',
  );
}

async function checkFolder(folder: string): Promise<string> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new Failure('not-a-folder', `cannot write in ${folder}: it is not a folder`, {
        hints: ['check the path of the backup file'],
      });
    }
    // Some drives of Windows (RAM disks, network redirectors) cannot say it; the folder is there all the same.
    const real = await realpath(folder).catch(() => folder);
    await access(real, constants.W_OK | constants.X_OK);
    return real;
  } catch (thrown) {
    throw ioFailure('write in', folder, thrown, folderHints(folder, thrown));
  }
}

function folderHints(folder: string, thrown: unknown): readonly string[] | undefined {
  if (systemErrorName(thrown) !== 'ENOENT') return undefined;
  return [`create the folder first: ${windowsPaths ? 'mkdir' : 'mkdir -p'} "${folder}"`];
}

async function checkTarget(target: string, path: string, overwrite: boolean): Promise<void> {
  const found = await look(target, path, lstat);
  if (!found) return;
  // Through a symbolic link only to find folders and devices; the rename replaces the link itself.
  const behind = found.isSymbolicLink() ? await look(target, path, stat) : found;
  if (behind?.isDirectory()) {
    const hints = ['name a file in it, e.g. with {database}_{timestamp}.bak.zst'];
    throw new Failure('is-a-folder', `cannot write ${path}: it is a folder`, { hints });
  }
  if (behind && !behind.isFile()) {
    const hints = ['write to - and redirect standard output there'];
    throw new Failure('not-a-file', `cannot write ${path}: it is not a regular file`, {
      hints,
    });
  }
  if (overwrite) return checkReplacement(target, path, found);
  throw new Failure('file-exists', `cannot write ${path}: it exists already`, {
    hints: ['choose another name (tokens such as {timestamp} help), or add --overwrite'],
  });
}

/** The rename and what it needs must not fail for the first time when SQL Server has finished. */
async function checkReplacement(target: string, path: string, found: Stats): Promise<void> {
  await refuseUnreplaceable(target, path, found);
  const aside = target + asideSuffix;
  const inTheWay = await look(aside, aside, lstat);
  if (inTheWay?.isDirectory()) {
    const what = `cannot replace ${path}: ${aside} is a folder`;
    throw new Failure('is-a-folder', what, {
      hints: ['move that folder away: the file before gets this name for a moment'],
    });
  }
  if (inTheWay) await refuseUnreplaceable(aside, aside, inTheWay);
}

async function look(
  target: string,
  path: string,
  how: (path: string) => Promise<Stats>,
): Promise<Stats | undefined> {
  try {
    return await how(target);
  } catch (thrown) {
    // ENOTDIR: what should be its folder is a file, which the check of the folder says better.
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorName(thrown) ?? '')) return undefined;
    throw ioFailure('look at', path, thrown);
  }
}

/** Names that one folder may not tell apart count as one. */
function identity(folder: string, name: string): string {
  return foldedName(join(folder, name));
}

/** Also of the names that a file has on its way. */
function refuseCollisions(destinations: readonly Destination[]): void {
  const owners = new Map<string, { path: string; isOwn: boolean }>();
  for (const { folder, name, path } of destinations) {
    for (const one of [name, name + partialSuffix, name + asideSuffix]) {
      const key = identity(folder, one);
      const owner = owners.get(key);
      const isOwn = one === name;
      if (owner) throw collision(path, owner.path, one, isOwn && owner.isOwn);
      owners.set(key, { path, isOwn });
    }
  }
}

function collision(path: string, owner: string, name: string, isOneFile: boolean): Failure {
  const same =
    owner === path ? 'two files would be written there' : `it is the same file as ${owner}`;
  const meanwhile = `${name} is what ${owner} is called while it is written`;
  const hint = 'give every stripe a name of its own, and of its checksum';
  return unusable(path, isOneFile ? same : meanwhile, hint, 'same-file-twice');
}

function unusable(
  path: string,
  why: string,
  hint: string,
  code: FailureCode<'usage'> = 'unusable-name',
): Failure {
  return new Failure(code, `cannot write ${path}: ${why}`, { hints: [hint] });
}
