// The order in which the backups of one database go onto each other: full, differential, logs, by their log sequence
// numbers and not by the order on the command line. Pure; a gap is found here, before anything is touched.

import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { BackupSet } from '../../mtf/backup-set.ts';
import { onOneBranch } from './recovery-branch.ts';

/** What the chain must know of one backup set. */
export interface ChainLink {
  /** For words: its files. */
  readonly name: string;
  /** What its stream says of itself, as far as it can be read without SQL Server. */
  readonly facts: BackupSet | undefined;
}

/** Why a backup is left out: the others make it superfluous, or it is of a recovery fork that was given up. */
export type SkipReason = 'not-needed' | 'other-fork';

export interface SkippedLink<Link> {
  readonly link: Link;
  readonly reason: SkipReason;
}

export interface RestoreChain<Link extends ChainLink> {
  /** In the order of restoring. */
  readonly steps: readonly Link[];
  readonly skipped: readonly SkippedLink<Link>[];
  /** The names that the database had, where it was renamed between its backups; the last one last. */
  readonly renamed?: readonly string[];
}

interface ChainWishes {
  /** Local time of the server, ISO. */
  readonly stopAt?: string | undefined;
  /** RecoveryForkID of the branch that is wanted. */
  readonly fork?: string | undefined;
}

/** Backup types of MTF: D full, I differential, L log. */
type ChainType = 'full' | 'diff' | 'log';
/** Also the letters of msdb.dbo.backupset.type. */
export const chainTypes: Readonly<Record<string, ChainType>> = { D: 'full', I: 'diff', L: 'log' };

/** What a backup does for a restore; undefined for kinds that no chain is made of, and when it does not say. */
export function chainType({ facts }: ChainLink): ChainType | undefined {
  return chainTypes[facts?.type ?? ''];
}

interface Placed<Link> {
  readonly name: string;
  readonly link: Link;
  readonly type: ChainType;
  readonly set: BackupSet;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Orders `links`, of which there is at least one. `stopAt` leaves out what lies beyond it, as far as that is certain.
 * Throws `Failure('usage')`: unknown places, other databases or branches, two full backups or one that is too late, or a
 * gap, by name.
 */
export function orderChain<Link extends ChainLink>(
  links: readonly Link[],
  { stopAt, fork }: ChainWishes = {},
): RestoreChain<Link> {
  if (links.length === 1) return { steps: links, skipped: [] };
  const placed = links.map(place);
  refuseOtherDatabases(placed);
  const { kept, abandoned } = onOneBranch(placed, fork);
  const full = onlyFull(kept);
  refuseLateFull(full, stopAt);
  const diff = latestDifferential(kept, full, stopAt);
  const logs = neededLogs(kept, diff ?? full, stopAt);
  refuseForeignDifferentials(kept, full, logs.length > 0);
  const steps = [full, diff, ...logs].filter((one) => one !== undefined);
  return {
    steps: steps.map(({ link }) => link),
    skipped: left(placed, steps, abandoned),
    ...renames(steps),
  };
}

function left<Link extends ChainLink>(
  placed: readonly Placed<Link>[],
  steps: readonly Placed<Link>[],
  abandoned: readonly Placed<Link>[],
): SkippedLink<Link>[] {
  return placed
    .filter((one) => !steps.includes(one))
    .map((one) => ({
      link: one.link,
      reason: abandoned.includes(one) ? 'other-fork' : 'not-needed',
    }));
}

/** One family is one database: a changed name on it is a rename. */
function renames(steps: readonly Placed<ChainLink>[]): { renamed?: readonly string[] } {
  const names = steps.map(({ set }) => set.database ?? '');
  const renamed = names.filter((name, index) => !sameText(name, names[index - 1]));
  return renamed.length > 1 ? { renamed } : {};
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  return a?.toLowerCase() === b?.toLowerCase();
}

function place<Link extends ChainLink>(link: Link): Placed<Link> {
  const { facts: set, name } = link;
  const type = chainType(link);
  const [first, last] = [set?.firstLsn, set?.lastLsn];
  if (set && type && first !== undefined && last !== undefined)
    return { name, link, type, set, first: BigInt(first), last: BigInt(last) };
  throw usage(
    'chain-unknown',
    `where ${name} belongs in a chain of backups cannot be read from it`,
    ['Restore the backups one by one, in order: all but the last with --norecovery.'],
  );
}

/** By family, which survives a rename; by name where a backup does not know its family. */
function refuseOtherDatabases(placed: readonly Placed<ChainLink>[]): void {
  const [one, ...others] = placed;
  if (!one || others.every(({ set }) => isSameDatabase(one.set, set))) return;
  const isOneName = others.every(({ set }) => sameText(one.set.database, set.database));
  const which = ({ database, familyId }: BackupSet) =>
    isOneName ? `[${database}] of family ${familyId}` : `${database}`;
  const list = placed.map(({ name, set }) => `${name} of ${which(set)}`).join(', ');
  throw usage('chain-mixed', `these are backups of different databases: ${list}`, [
    'Restore one database at a time.',
    ...(isOneName ? ['A database that was dropped and created again is another one.'] : []),
  ]);
}

function isSameDatabase(a: BackupSet, b: BackupSet): boolean {
  if (a.familyId !== undefined && b.familyId !== undefined) return a.familyId === b.familyId;
  return sameText(a.database, b.database);
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
    `${full.name} ${when}, which is after the point to stop at (${stopAt})`,
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
  return placed
    .filter((one) => one.type === 'diff' && (!full || isBaseOf(full.set, one.set)))
    .filter((diff) => isInTime(diff, stopAt))
    .toSorted(byLast)
    .at(-1);
}

/** One of another full backup is superfluous where logs lead on, and what is missing where they do not. */
function refuseForeignDifferentials(
  placed: readonly Placed<ChainLink>[],
  full: Placed<ChainLink> | undefined,
  logsLeadOn: boolean,
): void {
  if (!full || logsLeadOn) return;
  const foreign = placed.find(({ type, set }) => type === 'diff' && !isBaseOf(full.set, set));
  if (!foreign) return;
  throw usage(
    'chain-gap',
    `${foreign.name} is a differential of another full backup than ${full.name}`,
    ['Name the full backup that was the last one before it (copy-only ones do not count).'],
  );
}

function isBaseOf(full: BackupSet, diff: BackupSet): boolean {
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
    // A log backup holds what was logged up to about its start: the first that began at the point or after it is the last
    // one that can be needed. Where it does not say when it began, nothing is left out.
    if (stopAt !== undefined && log.set.started !== undefined && log.set.started >= stopAt) break;
  }
  return needed;
}

function byLast(a: Placed<ChainLink>, b: Placed<ChainLink>): number {
  if (a.last === b.last) return 0;
  return a.last < b.last ? -1 : 1;
}

function gap(before: Placed<ChainLink>, after: Placed<ChainLink>): Failure {
  const between = `from LSN ${before.last} (end of ${before.name}) to ${after.first} (begin of ${after.name})`;
  return usage('chain-gap', `the log is missing ${between}`, [
    'Name the log backups in between as well.',
    `Or leave out ${after.name} and what comes after it.`,
  ]);
}

function names(placed: readonly Placed<ChainLink>[]): string {
  return placed.map(({ name }) => name).join(', ');
}

function usage(code: FailureCode<'usage'>, message: string, hints: readonly string[]): Failure {
  return new Failure(code, message, { hints });
}
