// `--tail FILE` of a restore -> the log backup that precedes it.

import type { Surroundings } from '../surroundings.ts';
import { usageError } from '../usage-error.ts';
import { type BackupPlan, backupPlan } from './backup-options.ts';
import { definedOnly } from './defined-only.ts';

export type TailAround = Pick<Surroundings, 'env' | 'platform' | 'hostName' | 'cpus' | 'now'>;

/** What of a restore's words concerns the backup of the tail. */
export interface TailFlags {
  readonly tail?: string;
  readonly replace?: true;
  readonly stallTimeout: string;
  readonly threads?: string;
  readonly assumeLocal?: true;
  readonly dryRun?: true;
  readonly vdiLibrary?: string;
}

export interface TailServer {
  readonly host: string;
  readonly instance?: string;
}

/** As a backup of the same connection with every default; undefined without `--tail`. */
export function tailPlan(
  database: string,
  flags: TailFlags,
  server: TailServer,
  around: TailAround,
): BackupPlan | undefined {
  const { tail, replace, stallTimeout, threads, assumeLocal, dryRun, vdiLibrary } = flags;
  if (tail === undefined) return undefined;
  if (!replace) throw usageError('conflict', '--tail is for a database that --replace replaces');
  if (tail === '-') throw usageError('stdout', '--tail takes a file, not -');
  const log = {
    type: 'log',
    compress: 'zstd',
    transferSize: '4MiB',
    checksum: true,
    with: 'NORECOVERY',
    stallTimeout,
    ...definedOnly({ threads, assumeLocal, dryRun, vdiLibrary }),
  };
  return backupPlan(database, [tail], log, server, around);
}
