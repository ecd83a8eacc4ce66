// The file of `--junit`: where it goes is decided before the drill, which may take hours, and it is written behind it.

import { constants, type Stats } from 'node:fs';
import { access, lstat, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { asError, Failure } from '../errors.js';
import { refuseJobFile, stderrFile, stdoutFile } from './files/side-file.js';

const partialSuffix = '.partial';

export interface JunitFile {
  /** In the words of the command line. */
  readonly name: string;
  /** What is written: behind symbolic links, which stay. */
  readonly target: string;
  /** A device or a pipe takes the text itself; a file appears under its name only when it is whole. */
  readonly direct: boolean;
}

/**
 * Where `name` leads. Throws `Failure('usage')` where that is one of the drill's own `files`, and `Failure('io')` where
 * nothing can be written.
 */
export async function junitFile(name: string, files: readonly string[]): Promise<JunitFile> {
  try {
    const found = await ifThere(stat(name));
    if (found?.isDirectory()) throw new Error('it is a folder');
    if (found && !found.isFile()) return { name, target: name, direct: true };
    const target = await behindLinks(name, found);
    // Renamed over, a file that standard output is redirected to would lose the report.
    const taken = [...files, stdoutFile, stderrFile];
    await refuseJobFile('--junit', target, taken, ['', partialSuffix]);
    await access(dirname(target), constants.W_OK | constants.X_OK);
    return { name, target, direct: false };
  } catch (thrown) {
    throw thrown instanceof Failure ? thrown : unwritable(name, asError(thrown));
  }
}

/** A link may lead to a file that is not there yet. */
async function behindLinks(path: string, found: Stats | undefined): Promise<string> {
  if (found) return realpath(path);
  const link = await ifThere(lstat(path));
  if (!link?.isSymbolicLink()) return resolve(path);
  return behindLinks(resolve(dirname(path), await readlink(path)), undefined);
}

async function ifThere(looked: Promise<Stats>): Promise<Stats | undefined> {
  return looked.catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  });
}

/** The failure (`io`) when it could not be written. */
export async function writeJunit(file: JunitFile, xml: string): Promise<Failure | undefined> {
  try {
    await (file.direct ? writeDirectly(file.target, xml) : writeWhole(file.target, xml));
    return undefined;
  } catch (thrown) {
    return unwritable(file.name, asError(thrown), [
      'The drill itself is done: its report is on standard output.',
    ]);
  }
}

/** Without O_CREAT, which Linux refuses for another's FIFO in a sticky folder (fs.protected_fifos). */
function writeDirectly(target: string, xml: string): Promise<void> {
  return writeFile(target, xml, { flag: constants.O_WRONLY as unknown as string });
}

/** A CI system reads whatever is there. */
async function writeWhole(target: string, xml: string): Promise<void> {
  const partial = target + partialSuffix;
  try {
    await writeFile(partial, xml);
    await rename(partial, target);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(asError);
    throw thrown;
  }
}

function unwritable(
  name: string,
  cause: Error,
  hints = ['Name a file in a folder that exists and can be written.'],
): Failure {
  return new Failure('io', 'junit', `cannot write ${name}: ${cause.message}`, { hints, cause });
}
