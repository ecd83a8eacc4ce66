// Who may change a file that this process runs: asked of the file, of each folder on the way to it and of each link, by
// owner and mode (POSIX). An access control list shows itself in the bits of the group.

import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { shellWord } from '../../base/shell-word.ts';

export interface Weakness {
  readonly path: string;
  /** Completes "PATH …": why others may change it. */
  readonly why: string;
  /** The command that ends it. */
  readonly fix: string;
}

/** `way`: only what lies in the folder by a name that is checked next counts, not what else may be made in it. */
export type Part = 'content' | 'way';

export type Access = Pick<Stats, 'uid' | 'gid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>;

const writableByGroup = 0o020;
const writableByOthers = 0o002;
const writableByMore = writableByGroup | writableByOthers;
const sticky = 0o1000;
/** More links on one way are refused by Linux, too (path_resolution(7)). */
const mostLinks = 40;

/** The account that may change everything anyway, and its group. */
const root = 0;

/** What makes others than root and the account `me` able to change the file or folder that `stat` describes. */
export function weaknessOf(
  path: string,
  stat: Access,
  me: number,
  part: Part = 'content',
): Weakness | undefined {
  const why = reason(stat, me, part);
  if (!why) return undefined;
  const word = shellWord(path, false);
  const fixes = [
    ...(isTrusted(stat.uid, me) ? [] : [`sudo chown -h root ${word}`]),
    ...(!stat.isSymbolicLink() && stat.mode & writableByMore ? [`sudo chmod go-w ${word}`] : []),
  ];
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  return { path, why: `${why} (mode ${mode})`, fix: fixes.join(' && ') };
}

function reason(stat: Access, me: number, part: Part): string | undefined {
  if (!isTrusted(stat.uid, me)) return `belongs to uid ${stat.uid}`;
  if (stat.isSymbolicLink()) return undefined;
  // In a sticky folder nobody renames or removes what belongs to somebody else, and the next name is root's or ours.
  if (part === 'way' && stat.isDirectory() && stat.mode & sticky) return undefined;
  if (stat.mode & writableByOthers) return 'is writable by everyone';
  const byGroup = stat.mode & writableByGroup && stat.gid !== root;
  return byGroup ? `is writable by the group ${stat.gid}` : undefined;
}

function isTrusted(uid: number, me: number): boolean {
  return uid === root || uid === me || uid === outsideUid();
}

/** What a user namespace shows of every account outside of it (user_namespaces(7)): none that anybody inside can be. */
const overflowUid = 65_534;
let outside: { readonly uid: number | undefined } | undefined;

/** Undefined where every account of the machine is one of this namespace. */
function outsideUid(): number | undefined {
  outside ??= { uid: mapsOverflowUid() ? undefined : overflowUid };
  return outside.uid;
}

/** Lines of /proc/self/uid_map: first uid inside, first uid outside, how many. */
function mapsOverflowUid(): boolean {
  try {
    const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    return lines.some((line) => {
      const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return first <= overflowUid && overflowUid < first + count;
    });
  } catch {
    return true;
  }
}

/**
 * The first weakness of the file or folder at `path` and of the way there. Nothing that does not exist is weak. Links are
 * followed, each with the way to it.
 */
export function weaknessOnTheWay(path: string, me: number): Weakness | undefined {
  const start = parse(resolve(path)).root;
  const rest = names(resolve(path), start);
  let at = start;
  for (let links = 0; links <= mostLinks; ) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) return undefined;
    const weak = weaknessOf(at, stat, me, rest.length > 0 ? 'way' : 'content');
    if (weak) return weak;
    if (stat.isSymbolicLink()) {
      links += 1;
      rest.unshift(...names(resolve(dirname(at), readlinkSync(at)), start));
      at = start;
    } else {
      const next = rest.shift();
      if (next === undefined) return undefined;
      at = join(at, next);
    }
  }
  return undefined;
}

function names(path: string, start: string): string[] {
  return path.slice(start.length).split(sep).filter(Boolean);
}
