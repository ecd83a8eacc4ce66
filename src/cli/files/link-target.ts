// Where a name of the command line leads, through symbolic links that may lead nowhere yet. In a folder that everybody
// may write to, another user's link or file could send what is written (as root, perhaps) wherever that user likes. Linux
// refuses that for open(2) where fs.protected_symlinks, protected_regular and protected_fifos are on (kernel.org,
// admin-guide/sysctl/fs); whoever resolves names by itself must ask the same.

import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** As many links as Linux follows (path_resolution(7)). */
const maxLinks = 40;
/** Others may write (S_IWOTH). */
const writableByAll = 0o002;

type CheckLink = (path: string, link: Stats) => Promise<void>;

/** The file that `path` stands for, whether it is there or not. Rejects for another user's link, see above. */
export function linkTarget(path: string): Promise<string> {
  return follow(path, refuseForeign);
}

/** As `linkTarget`, only to compare: whatever the links are. */
export function placeOf(path: string): Promise<string> {
  return follow(path, async () => undefined);
}

async function follow(path: string, check: CheckLink): Promise<string> {
  let place = await inRealFolder(path);
  for (let links = 0; links <= maxLinks; links += 1) {
    const found = await ifThere(lstat(place));
    if (!found?.isSymbolicLink()) return place;
    await check(place, found);
    place = await inRealFolder(resolve(dirname(place), await readlink(place)));
  }
  throw new Error('too many symbolic links');
}

/** The folder without its links: `..` in a link starts from there. */
async function inRealFolder(path: string): Promise<string> {
  const absolute = resolve(path);
  const folder = await realpath(dirname(absolute)).catch(() => dirname(absolute));
  return join(folder, basename(absolute));
}

/** Rejects where `path`, found as `one`, is another user's and its folder is everybody's. */
export async function refuseForeign(path: string, one: Stats): Promise<void> {
  const me = process.geteuid?.();
  if (me === undefined || one.uid === me || one.isCharacterDevice()) return;
  const folder = await stat(dirname(path));
  if ((folder.mode & writableByAll) === 0 || one.uid === folder.uid) return;
  const what = one.isSymbolicLink() ? 'a symbolic link' : 'a file';
  throw new Error(`it is ${what} of another user in a folder that everybody may write to`);
}

/** Undefined where there is nothing. */
export async function ifThere(looked: Promise<Stats>): Promise<Stats | undefined> {
  return looked.catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  });
}
