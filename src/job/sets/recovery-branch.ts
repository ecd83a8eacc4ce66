// Which backups of one database family lie on the same recovery path. A restore to a point in time begins a new recovery
// fork: what was logged after that point on the old fork can never be rolled forward on the new one, although its LSNs fit.
// Source: "Recovery Paths (SQL Server)" and RESTORE HEADERONLY, columns RecoveryForkID, FirstRecoveryForkID, ForkPointLSN.

import { Failure } from '../../base/errors.ts';
import type { BackupSet } from '../../mtf/backup-set.ts';

/** A backup whose place in the log is known. */
interface ForkedSet {
  readonly name: string;
  readonly set: BackupSet;
  readonly first: bigint;
  readonly last: bigint;
}

interface RecoveryBranch<Placed extends ForkedSet> {
  readonly kept: readonly Placed[];
  /** On a fork that was given up: SQL Server would refuse it (Msg 4330), or restore what nobody wants. */
  readonly abandoned: readonly Placed[];
}

interface Fork {
  readonly id: string;
  /** Undefined for the first fork, and where no backup says what it left. */
  readonly parent: string | undefined;
  /** The parent's log counts up to here. */
  readonly point: bigint;
}

/**
 * The backups on one recovery path: that to `wanted` (a RecoveryForkID), else that to the newest fork. Throws
 * `Failure('usage')`: `chain-forked` when two forks went on side by side, `unknown-fork` when no backup has `wanted`.
 */
export function onOneBranch<Placed extends ForkedSet>(
  all: readonly Placed[],
  wanted?: string,
): RecoveryBranch<Placed> {
  const forks = forksOf(all);
  const tip = wanted === undefined ? newestTip(all, forks) : named(wanted, forks);
  const limits = tip === undefined ? undefined : pathTo(tip, forks);
  const isKept = (one: Placed) => isOnPath(one, limits);
  return { kept: all.filter(isKept), abandoned: all.filter((one) => !isKept(one)) };
}

function forksOf(all: readonly ForkedSet[]): ReadonlyMap<string, Fork> {
  const forks = new Map<string, Fork>();
  for (const { set } of all) {
    const { recoveryForkId: id, firstRecoveryForkId: parent, forkPointLsn: point } = set;
    if (id === undefined || forks.get(id)?.parent !== undefined) continue;
    if (parent !== undefined && parent !== id && point !== undefined) {
      forks.set(id, { id, parent, point: BigInt(point) });
      if (!forks.has(parent)) forks.set(parent, { id: parent, parent: undefined, point: 0n });
    } else forks.set(id, forks.get(id) ?? { id, parent: undefined, point: 0n });
  }
  return forks;
}

function named(wanted: string, forks: ReadonlyMap<string, Fork>): string {
  const id = wanted.toUpperCase();
  if (forks.has(id)) return id;
  throw new Failure('unknown-fork', `no backup is of recovery fork ${wanted}`, {
    hints: [`The backups are of ${[...forks.keys()].join(', ') || 'unknown forks'}.`],
  });
}

/** How far each fork on the way to `tip` counts; `undefined` is: to its end. */
function pathTo(tip: string, forks: ReadonlyMap<string, Fork>): Map<string, bigint | undefined> {
  const limits = new Map<string, bigint | undefined>([[tip, undefined]]);
  let fork = forks.get(tip);
  // Forged headers can make a circle of forks.
  while (fork?.parent !== undefined && !limits.has(fork.parent)) {
    limits.set(fork.parent, fork.point);
    fork = forks.get(fork.parent);
  }
  return limits;
}

function isOnPath(
  { set, last }: ForkedSet,
  limits: ReadonlyMap<string, bigint | undefined> | undefined,
): boolean {
  const id = set.recoveryForkId;
  if (id === undefined || !limits) return true;
  if (!limits.has(id)) return false;
  const limit = limits.get(id);
  return limit === undefined || last <= limit;
}

/** A fork that has backups which are on no path to another fork. */
interface Tip<Placed> {
  readonly id: string;
  /** Only on the path to this tip. */
  readonly own: readonly Placed[];
}

function newestTip(
  all: readonly ForkedSet[],
  forks: ReadonlyMap<string, Fork>,
): string | undefined {
  if (forks.size <= 1) return undefined;
  const tips = tipsOf(all, forks);
  const [newest, ...older] = tips.toSorted((a, b) => begin(b) - begin(a));
  if (!newest) return undefined;
  const alive = older.filter((tip) => !isDead(tip, newest));
  if (alive.length > 0) throw forked([...alive, newest]);
  return newest.id;
}

function tipsOf(all: readonly ForkedSet[], forks: ReadonlyMap<string, Fork>): Tip<ForkedSet>[] {
  const paths = new Map([...forks.keys()].map((id) => [id, pathTo(id, forks)]));
  const tips: Tip<ForkedSet>[] = [];
  for (const id of forks.keys()) {
    const others = [...paths].filter(([other]) => other !== id).map(([, path]) => path);
    const own = all.filter(
      (one) => one.set.recoveryForkId === id && !others.some((path) => isOnPath(one, path)),
    );
    if (own.length > 0) tips.push({ id, own });
  }
  return tips;
}

/**
 * A branch is dead when none of its backups began after the newer one's first. Another database name on another fork is a
 * copy that lives on its own, however late it began.
 */
function isDead(tip: Tip<ForkedSet>, newer: Tip<ForkedSet>): boolean {
  const start = begin(newer);
  const isOld = Number.isFinite(start) && tip.own.every(({ set }) => instant(set) <= start);
  return isOld && databaseOf(tip) === databaseOf(newer);
}

function databaseOf({ own }: Tip<ForkedSet>): string | undefined {
  return own[0]?.set.database?.toLowerCase();
}

function begin({ own }: Tip<ForkedSet>): number {
  return Math.min(...own.map(({ set }) => instant(set)));
}

/** Milliseconds since 1970; a set that does not say when it began counts as the newest, so that nothing is called dead for it. */
function instant({ started, timeZoneMinutes = 0 }: BackupSet): number {
  const local = Date.parse(`${started}Z`);
  return Number.isNaN(local) ? Number.POSITIVE_INFINITY : local - timeZoneMinutes * 60_000;
}

function forked(tips: readonly Tip<ForkedSet>[]): Failure {
  const branches = tips.map(
    ({ id, own }) => `${id} (${whose(own)}: ${own.map(({ name }) => name).join(', ')})`,
  );
  return new Failure(
    'chain-forked',
    `these are backups of two databases with one origin, on recovery forks ${branches.join(' and ')}`,
    {
      hints: [
        'Name the backups of one of them only.',
        `Or choose one: ${tips.map(({ id }) => `--fork ${id}`).join(' or ')}.`,
      ],
    },
  );
}

function whose(own: readonly ForkedSet[]): string {
  const starts = own.map(({ set }) => set.started ?? '?').toSorted();
  const { server, database } = own[0]?.set ?? {};
  return `[${database}] on ${server}, ${starts[0]} to ${starts.at(-1)}`;
}
