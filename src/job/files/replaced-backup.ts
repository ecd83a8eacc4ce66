// What `--overwrite` may replace: backups of the same database. A database that was renamed or taken over by another
// replica is the same by its family; one that was created anew on its server is the same by its name.

import { Failure } from '../../base/errors.ts';
import { type BackupOwner, ownersOf } from './backup-owner.ts';

/** The database whose backup replaces another one. */
export interface ReplacingDatabase {
  readonly database: string | undefined;
  readonly server: string | undefined;
  /** Asked only where name and server do not agree. */
  familyId(): Promise<string | undefined>;
  /** Whether `name`, which differs from `database` in case only, means the same database on its server. */
  isNamed(name: string): Promise<boolean>;
}

/** Throws Failure `io`: `other-database`, or the reason why a file that exists cannot be read. */
export async function refuseOtherDatabases(
  paths: readonly string[],
  ours: ReplacingDatabase,
): Promise<void> {
  for (const path of paths) {
    for (const owner of await ownersOf(path))
      if (!(await isSame(owner, ours))) throw otherDatabase(path, owner, ours);
  }
}

/** What one side does not know is no difference. */
async function isSame(theirs: BackupOwner, ours: ReplacingDatabase): Promise<boolean> {
  if (isSameServer(theirs, ours) && (await isSameName(theirs, ours))) return true;
  if (theirs.familyId === undefined) return false;
  return sameText(theirs.familyId, await ours.familyId());
}

function isSameServer(theirs: BackupOwner, ours: ReplacingDatabase): boolean {
  if (theirs.server === undefined || ours.server === undefined) return true;
  return sameText(theirs.server, ours.server);
}

async function isSameName(theirs: BackupOwner, ours: ReplacingDatabase): Promise<boolean> {
  const { database } = theirs;
  if (database === undefined || ours.database === undefined) return true;
  if (database === ours.database) return true;
  return sameText(database, ours.database) && (await ours.isNamed(database));
}

function sameText(a: string, b: string | undefined): boolean {
  return a.toLowerCase() === b?.toLowerCase();
}

function otherDatabase(path: string, theirs: BackupOwner, ours: ReplacingDatabase): Failure {
  return new Failure(
    'other-database',
    `cannot replace ${path}: it is a backup of ${words(theirs)}, not of ${words(ours)}`,
    {
      hints: [
        'Choose another name: {database} and {server} in it keep databases and servers apart.',
        'If nobody needs that backup any more, move it away.',
      ],
    },
  );
}

function words({ database, server }: Pick<BackupOwner, 'database' | 'server'>): string {
  const name = database === undefined ? 'an unnamed database' : `[${database}]`;
  return server === undefined ? name : `${name} on ${server}`;
}
