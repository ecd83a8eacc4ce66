// The judgement before a restore: pure, over facts. Only a definite no throws; whatever is unknown is left to SQL
// Server. Server, machine and rights are those of a backup (preflight.ts).

import { Failure } from '../../base/errors.ts';
import { quoteIdentifier } from '../quoting.ts';
import { type PreflightWarning, state } from './preflight.ts';
import type { DatabaseFacts, ServerFacts } from './server-facts.ts';
import { checkBuild, checkSingleUser } from './system-database.ts';

export interface RestoreIntent {
  readonly database: string;
  /** `--replace`. */
  readonly replace: boolean;
  /** True when the first backup is a full one and makes the database; false when it continues a restore. */
  readonly startsNew: boolean;
  /** Version of SQL Server the backups come from, `major.minor.build`, where they say. */
  readonly softwareVersion?: string | undefined;
}

/**
 * Warnings for a restore that can be tried. Throws `Failure('database-state')` when the database must not be touched
 * or cannot take these backups, `Failure('environment')` for backups of a newer SQL Server, or of a system database on
 * another build.
 */
export function checkRestore(
  intent: RestoreIntent,
  database: DatabaseFacts | 'missing' | undefined,
  server: ServerFacts,
): readonly PreflightWarning[] {
  checkBuild(intent.database, intent.softwareVersion, server);
  checkVersion(intent, server);
  checkSingleUser(intent.database, server);
  if (intent.startsNew)
    return database && database !== 'missing' ? replacing(intent, database) : [];
  checkContinued(intent, database);
  return [];
}

/** SQL Server never restores what a newer one wrote (Msg 3169), and says so only after it has read a part. */
export function checkVersion(
  { softwareVersion }: Pick<RestoreIntent, 'softwareVersion'>,
  server: ServerFacts,
): void {
  const theirs = Number.parseInt(softwareVersion ?? '', 10);
  if (server.productMajor === undefined || !(theirs > server.productMajor)) return;
  throw new Failure(
    'newer-version',
    `the backup was taken on SQL Server ${softwareVersion}, this is ${server.productVersion}: an older SQL Server cannot restore it`,
    { hints: [`Restore it on SQL Server ${theirs} (major version) or newer.`] },
  );
}

function replacing(intent: RestoreIntent, database: DatabaseFacts): PreflightWarning[] {
  const name = quoteIdentifier(database.name);
  if (database.isSnapshot)
    throw state('database-snapshot', `${name} is a database snapshot, which cannot be restored`, [
      'Restore under another name.',
    ]);
  if (!intent.replace)
    throw state(
      'database-exists',
      `there is a database ${name} already (${stateWords(database)})`,
      ['Restore under another name, or say that it may be replaced: --replace.'],
    );
  return [
    {
      code: 'replaces-database',
      message: `database ${name} (${stateWords(database)}) is being replaced`,
    },
  ];
}

function stateWords(database: DatabaseFacts): string {
  return database.isInStandby ? 'in standby' : (database.state ?? 'in an unknown state');
}

/** A differential or log backup goes onto a database that an earlier restore left open for it. */
function checkContinued(
  { database }: RestoreIntent,
  facts: DatabaseFacts | 'missing' | undefined,
): void {
  const name = quoteIdentifier(database);
  const fullFirst = [
    `Name the full backup as well: vdibackup restore ${database} FULL DIFFERENTIAL LOG …; their order does not matter.`,
  ];
  if (facts === 'missing')
    throw state(
      'no-full-backup',
      `there is no database ${name} to continue, and no full backup among the files`,
      fullFirst,
    );
  if (!facts || facts.state === undefined) return;
  if (facts.state === 'RESTORING' || facts.isInStandby) return;
  throw state(
    'not-restoring',
    `database ${name} is ${facts.state}: it takes no further backups, and no full backup is among the files`,
    fullFirst,
  );
}
