// Whether others can change the code that is about to run: the program, its packages, Node.js, the VDI library. It cannot
// protect a program that was changed already: it finds the folder where that could be done.

import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/errors.ts';
import { packageRoot } from '../../base/package-root.ts';
import { defaultLibrary } from '../../base/platform/default-library.ts';
import { readElf } from './elf-image.ts';
import { ownTree } from './own-tree.ts';
import { type Weakness, weaknessOf, weaknessOnTheWay } from './write-access.ts';

export const programFolder = packageRoot(import.meta.url);

/** `folders`: what a run takes the time for. `files`: every file of the tree (some 10 000, a third of a second). */
type Depth = 'folders' | 'files';

/** The first thing of the program that others can change. */
export function programWeakness(depth: Depth, folder = programFolder): Weakness | undefined {
  const me = account();
  if (me === undefined) return undefined;
  const { top } = ownTree(folder);
  return (
    weaknessOnTheWay(process.execPath, me) ??
    weaknessOnTheWay(top, me) ??
    weaknessOnTheWay(join(folder, 'dist', 'bundle'), me) ??
    weaknessWithin(join(folder, 'bin'), me, 'files') ??
    weaknessWithin(join(folder, 'dist', 'bundle'), me, 'files') ??
    weaknessInPackages(top === folder ? join(folder, 'node_modules') : top, me, depth)
  );
}

/** The first thing that lets others change the VDI library, or the way to it. */
export function libraryWeakness(library: string | undefined): Weakness | undefined {
  const me = account();
  return me === undefined ? undefined : weaknessOnTheWay(library ?? defaultLibrary, me);
}

/** Settles when the VDI library can be read, or cannot: in a file system that hangs, never. What loads it would hang, too. */
export async function libraryReached(library: string | undefined): Promise<void> {
  await readElf(library ?? defaultLibrary);
}

/** Only root, who can change everything itself, has something to lose to others here. */
export function runsAsRoot(): boolean {
  return account() === 0;
}

/** Throws `Failure('environment')` where root would run what others can change. */
export function refuseWritable(weak: Weakness | undefined, code: WritableCode): void {
  if (weak && runsAsRoot()) throw writableFailure(weak, code);
}

export type WritableCode = 'program-writable' | 'vdi-library-writable';

const what: Readonly<Record<WritableCode, string>> = {
  'program-writable': 'vdibackup',
  'vdi-library-writable': 'the VDI library',
};

export function writableFailure({ path, why, fix }: Weakness, code: WritableCode): Failure {
  return new Failure(code, `others than root can change ${what[code]}: ${path} ${why}`, {
    hints: [
      `Look at what changed there, then: ${fix}`,
      'To run it as it is: --allow-writable-program.',
    ],
  });
}

/** Undefined on Windows: rights there are access control lists, which Node.js does not read. */
function account(): number | undefined {
  return process.geteuid?.();
}

function weaknessInPackages(folder: string, me: number, depth: Depth): Weakness | undefined {
  if (!lstatSync(folder, { throwIfNoEntry: false })) return undefined;
  return weaknessWithin(realpathSync(folder), me, depth, depth === 'files' ? undefined : 0);
}

/** Of `folder` and what is in it, down to `levels` folders below; a scope (@name) is no level. */
function weaknessWithin(
  folder: string,
  me: number,
  depth: Depth,
  levels = Number.POSITIVE_INFINITY,
): Weakness | undefined {
  const weak = weaknessOf(folder, lstatSync(folder), me);
  if (weak || levels < 0) return weak;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const below = entry.name.startsWith('@') ? levels : levels - 1;
    const found = entry.isDirectory()
      ? weaknessWithin(path, me, depth, below)
      : weaknessOfFile(path, entry.isSymbolicLink(), me, depth);
    if (found) return found;
  }
  return undefined;
}

/** pnpm has links to folders in the place of folders. */
function weaknessOfFile(
  path: string,
  isLink: boolean,
  me: number,
  depth: Depth,
): Weakness | undefined {
  if (isLink) return weaknessOnTheWay(path, me);
  return depth === 'files' ? weaknessOf(path, lstatSync(path), me) : undefined;
}
