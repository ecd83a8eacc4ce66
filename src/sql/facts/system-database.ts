// The databases that every instance has, and what is different about restoring over one. "Back Up and Restore of System
// Databases", https://learn.microsoft.com/sql/relational-databases/backup-restore/back-up-and-restore-of-system-databases-sql-server.
// Pure.

import { Failure } from '../../base/errors.ts';
import type { ServerFacts } from './server-facts.ts';

type SystemDatabase = 'master' | 'model' | 'msdb' | 'tempdb';

const names: readonly SystemDatabase[] = ['master', 'model', 'msdb', 'tempdb'];

/** SQL Server takes no notice of blanks behind a name, nor, but for a case-sensitive collation, of case. */
export function systemDatabase(name: string): SystemDatabase | undefined {
  const plain = name.trimEnd().toLowerCase();
  return names.find((system) => system === plain);
}

/** Throws `Failure('database-state')`: master needs a server in single-user mode (Msg 3108), any other none (Msg 3112). */
export function checkSingleUser(
  database: string,
  { isSingleUser }: Pick<ServerFacts, 'isSingleUser'>,
): void {
  const isMaster = systemDatabase(database) === 'master';
  if (isSingleUser === undefined || isSingleUser === isMaster) return;
  const [code, message, hint] = isMaster ? notSingleUser : singleUser;
  throw new Failure(code, message, { hints: [hint] });
}

const notSingleUser = [
  'master-restore',
  'master is only restored while SQL Server is in single-user mode',
  'Stop SQL Server Agent, start SQL Server with -mvdibackup (or -m), and run this again: it needs a single connection.',
] as const;

const singleUser = [
  'single-user-mode',
  'SQL Server is in single-user mode, in which it restores nothing but master',
  'Start SQL Server again, without -m.',
] as const;

/**
 * Throws `Failure('environment')` where the backup was not made by the very build that shall restore it: "MSSQLSERVER_3168".
 * `softwareVersion` is `major.minor.build`.
 */
export function checkBuild(
  database: string,
  softwareVersion: string | undefined,
  { productVersion }: Pick<ServerFacts, 'productVersion'>,
): void {
  const build = productVersion?.split('.').slice(0, 3).join('.');
  if (systemDatabase(database) === undefined || !isBuild(softwareVersion)) return;
  if (!isBuild(build) || build === softwareVersion) return;
  throw new Failure(
    'other-build',
    `the backup was taken on build ${softwareVersion}, this is ${productVersion}: SQL Server restores ${database} only on the build it was taken on`,
    {
      hints: [
        `Bring this server to build ${softwareVersion}, or restore under another name and copy from there what you need.`,
      ],
    },
  );
}

function isBuild(text: string | undefined): text is string {
  return text !== undefined && /^\d+\.\d+\.\d+$/.test(text);
}
