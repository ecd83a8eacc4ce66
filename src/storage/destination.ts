// What can be known about a destination before any work is done. Nothing is created or changed here; the
// proof that the folder can be written is the partial file itself (file-sink.ts).
import { constants, type Stats } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { partialSuffix } from '../archive/file-sink.js';
import { Failure } from '../errors.js';
import { ioFailure, systemErrorName } from './io-failure.js';
import { windowsPaths } from './path-grammar.js';

/** Longest name of one file: bytes on POSIX systems, UTF-16 units on Windows. */
export const maxNameLength = 255;
/** Characters and names Windows gives a meaning of its own (a colon would name an alternate stream). */
const windowsReserved = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
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
  checkName(path);
  const absolute = resolve(path);
  const folder = await checkFolder(dirname(absolute));
  const name = basename(absolute);
  await checkTarget(join(folder, name), path, overwrite);
  return { path: absolute, folder, name };
}

function checkName(path: string): void {
  const name = basename(path);
  if (['', '.', '..'].includes(name) || path.endsWith(sep) || path.endsWith('/')) {
    throw unusable(path, 'it names a folder', 'add a file name, e.g. sales.bak.zst');
  }
  if (controlCharacter.test(name) || path.includes('\0')) {
    throw unusable(JSON.stringify(path), 'its name holds a control character', 'use another name');
  }
  if (windowsPaths && windowsReserved.test(name)) {
    throw unusable(
      path,
      'Windows does not allow this name',
      'leave out < > : " | ? * and final dots',
    );
  }
  const partial = name + partialSuffix;
  const length = windowsPaths ? partial.length : Buffer.byteLength(partial);
  if (length <= maxNameLength) return;
  const most = maxNameLength - partialSuffix.length;
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
      throw new Failure('io', 'not-a-folder', `cannot write in ${folder}: it is not a folder`, {
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
    throw new Failure('io', 'is-a-folder', `cannot write ${path}: it is a folder`, { hints });
  }
  if (behind && !behind.isFile()) {
    const hints = ['write to - and redirect standard output there'];
    throw new Failure('io', 'not-a-file', `cannot write ${path}: it is not a regular file`, {
      hints,
    });
  }
  if (overwrite) return;
  throw new Failure('io', 'file-exists', `cannot write ${path}: it exists already`, {
    hints: ['choose another name (tokens such as {timestamp} help), or add --overwrite'],
  });
}

async function look(
  target: string,
  path: string,
  how: (path: string) => Promise<Stats>,
): Promise<Stats | undefined> {
  try {
    return await how(target);
  } catch (thrown) {
    if (systemErrorName(thrown) === 'ENOENT') return undefined;
    throw ioFailure('look at', path, thrown);
  }
}

/** Names that differ in case only count as one: on Windows and many shares they are. */
function identity(folder: string, name: string): string {
  return join(folder, name).normalize('NFC').toLowerCase();
}

function refuseCollisions(destinations: readonly Destination[]): void {
  const owners = new Map<string, string>();
  for (const { folder, name, path } of destinations) {
    for (const one of [name, name + partialSuffix]) {
      const key = identity(folder, one);
      const owner = owners.get(key);
      if (owner !== undefined) {
        throw unusable(
          path,
          `it is the same file as ${owner}`,
          'give every stripe a name of its own',
          'same-file-twice',
        );
      }
      owners.set(key, path);
    }
  }
}

function unusable(path: string, why: string, hint: string, code = 'unusable-name'): Failure {
  return new Failure('usage', code, `cannot write ${path}: ${why}`, { hints: [hint] });
}
