// The file of `--junit`: where it goes is decided before the drill, which may take hours, and it is written after it. The
// evidence of an earlier drill goes first, so that a run that dies leaves no old verdict.

import { constants, type Stats } from 'node:fs';
import { access, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asError, Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import type { FailureCode, FailureKind } from '../../base/failure-codes.ts';
import { ifThere, linkTarget, refuseForeign } from './link-target.ts';
import { Outlet } from './outlet.ts';
import { refuseJobFile, stderrFile, stdoutFile } from './side-file.ts';

const { O_NOCTTY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = constants;

/** What it is made in (job/files/whole-file.ts). */
const partialSuffix = '.partial';

/** How XML begins that any tool writes. */
const xmlDeclaration = '<?xml';

/** How long a pipe may take nothing of the evidence before it counts as stuck, milliseconds. */
const pipePatience = 30_000;

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
    if (found && !found.isFile()) return await special(name, found);
    const target = await linkTarget(name);
    // Renamed over, a file that standard output is redirected to would lose the report.
    const taken = [...files, stdoutFile, stderrFile];
    await refuseJobFile('--junit', target, taken, ['', partialSuffix]);
    if (found) await refuseForeign(target, found);
    await access(dirname(target), constants.W_OK | constants.X_OK);
    return { name, target, direct: false };
  } catch (thrown) {
    throw thrown instanceof Failure ? thrown : unwritable(name, asError(thrown));
  }
}

async function special(name: string, found: Stats): Promise<JunitFile> {
  await refuseForeign(name, found);
  return { name, target: name, direct: true };
}

/**
 * Removes the evidence of an earlier drill. Failure `io`: an old verdict that stays could be taken for the new one. What
 * is no XML is none, but perhaps a file that was named by mistake, and stays until there is evidence to replace it.
 */
export async function removeJunit({ name, target, direct }: JunitFile): Promise<void> {
  try {
    if (!direct && (await beginning(target)) === xmlDeclaration) await unlink(target);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT')
      throw unwritable(name, asError(thrown));
  }
}

async function beginning(target: string): Promise<string> {
  const file = await open(target, O_NOFOLLOW | O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(xmlDeclaration.length), 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    // It was only read: nothing is lost by not waiting.
    void file.close().catch(() => undefined);
  }
}

/** As far as it can be told where `name` leads, for a command line that is refused; `words` are the other words of it. */
export async function withdrawJunit(name: string, words: readonly string[]): Promise<void> {
  await junitFile(name, words).then(removeJunit).catch(asError);
}

/** The failure (`io`) when it could not be written. */
export async function writeJunit(
  file: JunitFile,
  xml: string,
  late: Promise<never>,
  emit: Emit,
): Promise<Failure | undefined> {
  try {
    if (file.direct) await Promise.race([writeDirectly(file.target, xml), late]);
    else await writeWhole(file.target, xml, late, emit);
    return undefined;
  } catch (thrown) {
    return unwritable(file.name, asError(thrown), [
      'The drill itself is done: its report is on standard output.',
    ]);
  }
}

/** Loaded when it is needed: it takes what locks files, which a refused command line does not need. */
async function writeWhole(
  target: string,
  xml: string,
  late: Promise<never>,
  emit: Emit,
): Promise<void> {
  const { writeWholeFile } = await import('../../job/files/whole-file.ts');
  for (const warning of await writeWholeFile(target, xml, late))
    emit({ event: 'warning', ...warning });
}

/** Without O_CREAT, which Linux refuses for another's FIFO in a sticky folder (fs.protected_fifos). */
async function writeDirectly(target: string, xml: string): Promise<void> {
  const file = await open(target, O_WRONLY | O_NONBLOCK | O_NOCTTY).catch((thrown) => {
    throw thrown.code === 'ENXIO' ? new Error('nobody reads this pipe') : thrown;
  });
  try {
    let cause = new Error('it took no more bytes');
    const onFailure = (error: Error) => {
      cause = error;
    };
    const outlet = new Outlet({ descriptor: file.fd, immediate: true }, { onFailure });
    outlet.write(xml, { always: true });
    if (!(await outlet.drained(pipePatience, pipePatience))) throw cause;
  } finally {
    await file.close();
  }
}

/** By what kept it from being written; anything else is of the kind `io`. */
const codesByKind: Partial<Record<FailureKind, FailureCode>> = {
  locked: 'junit-locked',
  stalled: 'junit-stalled',
  interrupted: 'junit-interrupted',
  terminated: 'junit-terminated',
};

function unwritable(
  name: string,
  cause: Error,
  hints = ['Name a file in a folder that exists and can be written.'],
): Failure {
  // A file system that does not answer ends as the signal or the stall that nobody waits after.
  const code = (cause instanceof Failure && codesByKind[cause.kind]) || 'junit';
  return new Failure(code, `cannot write ${name}: ${cause.message}`, { hints, cause });
}
