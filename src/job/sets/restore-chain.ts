// The order in which the backups of one database go onto each other: full, differential, logs, by their log sequence
// numbers and not by the order on the command line. Pure; a gap is found here, before anything is touched.

import { Failure } from '../../errors.js';
import type { MtfSet } from '../../mtf/facts.js';

/** What the chain must know of one backup set. */
export interface ChainLink {
  /** For words: its files. */
  readonly name: string;
  /** What its stream says of itself, as far as it can be read without SQL Server. */
  readonly facts: MtfSet | undefined;
}

export interface RestoreChain<Link extends ChainLink> {
  /** In the order of restoring. */
  readonly steps: readonly Link[];
  /** What the others make superfluous. */
  readonly skipped: readonly Link[];
}

/** Backup types of MTF: D full, I differential, L log. */
export type ChainType = 'full' | 'diff' | 'log';
const types: Readonly<Record<string, ChainType>> = { D: 'full', I: 'diff', L: 'log' };

/** What a backup does for a restore; undefined for kinds that no chain is made of, and when it does not say. */
export function chainType({ facts }: ChainLink): ChainType | undefined {
  return types[facts?.type ?? ''];
}

interface Placed<Link> {
  readonly link: Link;
  readonly type: ChainType;
  readonly set: MtfSet;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Orders `links`, of which there is at least one. `stopAt` (local time of the server, ISO) leaves out what was taken
 * after it. Throws `Failure('usage')`: unknown places, other databases, two full backups or one that is too late, or a
 * gap, by name.
 */
export function orderChain<Link extends ChainLink>(
  links: readonly Link[],
  stopAt?: string,
): RestoreChain<Link> {
  if (links.length === 1) return { steps: links, skipped: [] };
  const placed = links.map(place);
  refuseOtherDatabases(placed);
  const full = onlyFull(placed);
  refuseLateFull(full, stopAt);
  const diff = latestDifferential(placed, full, stopAt);
  const base = diff ?? full;
  const logs = neededLogs(placed, base, stopAt);
  const kept = [full, diff, ...logs].filter((link) => link !== undefined);
  const steps = kept.map(({ link }) => link);
  return { steps, skipped: links.filter((link) => !steps.includes(link)) };
}

function place<Link extends ChainLink>(link: Link): Placed<Link> {
  const { facts: set, name } = link;
  const type = chainType(link);
  const [first, last] = [set?.firstLsn, set?.lastLsn];
  if (set && type && first !== undefined && last !== undefined)
    return { link, type, set, first: BigInt(first), last: BigInt(last) };
  throw usage(
    'chain-unknown',
    `where ${name} belongs in a chain of backups cannot be read from it`,
    ['Restore the backups one by one, in order: all but the last with --norecovery.'],
  );
}

function refuseOtherDatabases(placed: readonly Placed<ChainLink>[]): void {
  const databases = new Set(placed.map(({ set }) => set.database?.toLowerCase()));
  if (databases.size <= 1) return;
  const list = placed.map(({ link, set }) => `${link.name} of ${set.database}`).join(', ');
  throw usage('chain-mixed', `these are backups of different databases: ${list}`, [
    'Restore one database at a time.',
  ]);
}

function onlyFull<Link extends ChainLink>(
  placed: readonly Placed<Link>[],
): Placed<Link> | undefined {
  const fulls = placed.filter(({ type }) => type === 'full');
  if (fulls.length <= 1) return fulls[0];
  throw usage('chain-two-fulls', `these are several full backups: ${names(fulls)}`, [
    'Name the one to start from.',
  ]);
}

/** A full backup holds the state of its end, no earlier one. SQL Server says so (Msg 4335) only when it has restored it. */
function refuseLateFull(full: Placed<ChainLink> | undefined, stopAt: string | undefined): void {
  const { started, finished } = full?.set ?? {};
  const reached = finished ?? started;
  if (!full || reached === undefined || stopAt === undefined || reached <= stopAt) return;
  const when = `${finished === undefined ? 'was begun' : 'ended'} at ${reached}`;
  throw usage(
    'stop-at-too-early',
    `${full.link.name} ${when}, which is after the point to stop at (${stopAt})`,
    ['Name an earlier full backup, and the log backups from there on.'],
  );
}

/** Taken at or before the point to stop at, as far as it says when. */
function isInTime({ set }: Placed<ChainLink>, stopAt: string | undefined): boolean {
  return stopAt === undefined || set.finished === undefined || set.finished <= stopAt;
}

function latestDifferential<Link extends ChainLink>(
  placed: readonly Placed<Link>[],
  full: Placed<Link> | undefined,
  stopAt: string | undefined,
): Placed<Link> | undefined {
  const all = placed.filter(({ type }) => type === 'diff');
  for (const diff of all)
    if (full && !isBaseOf(full.set, diff.set))
      throw usage(
        'chain-gap',
        `${diff.link.name} is a differential of another full backup than ${full.link.name}`,
        ['Name the full backup that was the last one before it (copy-only ones do not count).'],
      );
  return all
    .filter((diff) => isInTime(diff, stopAt))
    .toSorted(byLast)
    .at(-1);
}

function isBaseOf(full: MtfSet, diff: MtfSet): boolean {
  if (full.backupSetId !== undefined && diff.differentialBaseId !== undefined)
    return full.backupSetId === diff.differentialBaseId;
  return full.checkpointLsn === diff.differentialBaseLsn;
}

/** The logs that take the database further than `base` does, each continuing where the one before ended. */
function neededLogs<Link extends ChainLink>(
  placed: readonly Placed<Link>[],
  base: Placed<Link> | undefined,
  stopAt: string | undefined,
): Placed<Link>[] {
  const logs = placed.filter(({ type }) => type === 'log').toSorted(byLast);
  const needed: Placed<Link>[] = [];
  let before = base;
  for (const log of logs) {
    if (before && log.last <= before.last) continue;
    if (before && log.first > before.last) throw gap(before, log);
    needed.push(log);
    before = log;
    // The first log that reaches the point holds it; the next one would begin behind it (Msg 4338).
    if (stopAt !== undefined && log.set.finished !== undefined && log.set.finished >= stopAt) break;
  }
  return needed;
}

function byLast(a: Placed<ChainLink>, b: Placed<ChainLink>): number {
  if (a.last === b.last) return 0;
  return a.last < b.last ? -1 : 1;
}

function gap(before: Placed<ChainLink>, after: Placed<ChainLink>): Failure {
  const between = `from LSN ${before.last} (end of ${before.link.name}) to ${after.first} (begin of ${after.link.name})`;
  return usage('chain-gap', `the log is missing ${between}`, [
    'Name the log backups in between as well.',
    `Or leave out ${after.link.name} and what comes after it.`,
  ]);
}

function names(placed: readonly Placed<ChainLink>[]): string {
  return placed.map(({ link }) => link.name).join(', ');
}

function usage(code: string, message: string, hints: readonly string[]): Failure {
  return new Failure('usage', code, message, { hints });
}
