// The judgement before a backup: pure, over facts. Only a definite no throws; whatever is unknown is left to SQL Server,
// which says it itself a moment later.

import { Failure } from '../../base/errors.ts';
import type { BackupType } from '../../base/events.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import { quoteIdentifier } from '../quoting.ts';
import { firstMajorWithCompression } from '../statement/backup-statement.ts';
import { parseWithOptions } from '../statement/with-options.ts';
import type { DatabaseFacts, ServerFacts } from './server-facts.ts';
import { hasBackupCompression, tdeAdvice, tdeCompressionWarning } from './tde-compression.ts';

export interface BackupIntent {
  readonly database: string;
  readonly type: BackupType;
  readonly compression: 'zstd' | 'server' | 'none';
  /** Verbatim further options. */
  readonly with?: string | undefined;
}

export interface Whereabouts {
  /** Name of this machine, with or without its domain. */
  readonly localHostname: string;
  /** True skips the comparison of machines (`--assume-local`). */
  readonly assumeLocal: boolean;
  /** Login name for the command in the hint. */
  readonly login?: string | undefined;
}

export interface PreflightWarning {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Throws `Failure('environment')` when this server cannot serve a virtual device to this process and login. */
export function checkServer(facts: ServerFacts, whereabouts: Whereabouts): void {
  checkEngine(facts);
  checkMachine(facts, whereabouts);
  checkRole(facts, whereabouts);
}

/**
 * Warnings for a backup that can be tried; throws `Failure('database-state')` for one that cannot succeed, and
 * `Failure('environment')` for compression that the edition lacks.
 */
export function checkDatabase(
  intent: BackupIntent,
  database: DatabaseFacts | 'missing' | undefined,
  server: ServerFacts,
): readonly PreflightWarning[] {
  if (database === 'missing') throw missing(intent.database);
  checkSystemDatabase(intent, database?.name ?? intent.database);
  checkEdition(intent, server);
  if (!database) return [];
  checkState(intent, database);
  checkRecoveryModel(intent, database);
  return warnings(intent, database, server);
}

/** Engine editions without virtual devices: Azure SQL Database, Synapse (2), Managed Instance, Fabric. */
const enginesWithoutVdi: readonly (number | undefined)[] = [5, 6, 8, 11, 12];

export function checkEngine({
  engineEdition,
  edition,
  productMajor,
  productVersion,
}: ServerFacts): void {
  if (enginesWithoutVdi.includes(engineEdition))
    throw new Failure('no-vdi', `${edition ?? 'this edition'} has no virtual devices`, {
      hints: [
        'vdibackup needs SQL Server on a machine of its own; use the backup of the cloud service here.',
      ],
    });
  if (productMajor !== undefined && productMajor < firstMajorWithCompression)
    throw new Failure(
      'server-too-old',
      `SQL Server ${productVersion} is older than 2008, the oldest version vdibackup supports`,
    );
}

export function checkMachine(
  facts: ServerFacts,
  { localHostname, assumeLocal }: Whereabouts,
): void {
  const theirs = [facts.physicalMachineName, facts.machineName].filter(
    (name) => name !== undefined,
  );
  const known = theirs[0];
  if (assumeLocal || known === undefined || localHostname === '') return;
  if (theirs.some((name) => netBiosName(name) === netBiosName(localHostname))) return;
  throw new Failure(
    'other-machine',
    `SQL Server runs on ${known} but this is ${localHostname}: a virtual device is shared memory and stays on one machine`,
    {
      hints: [
        `Run vdibackup on ${known}.`,
        'Is it the same machine under another name, or a container that shares its IPC namespace? Say --assume-local.',
      ],
    },
  );
}

/** Characters of a NetBIOS computer name: what SQL Server reports is cut to this. */
const netBiosLength = 15;

function netBiosName(hostname: string): string {
  return (hostname.split('.')[0] ?? '').toUpperCase().slice(0, netBiosLength);
}

export function checkRole({ isSysadmin }: ServerFacts, { login }: Whereabouts): void {
  if (isSysadmin === false) throw notSysadmin(login);
}

function notSysadmin(login: string | undefined): Failure {
  const who = login ? `the login ${login}` : 'this login';
  const member = login ? quoteIdentifier(login) : '[login]';
  return new Failure(
    'not-sysadmin',
    `${who} is not a member of sysadmin, which a virtual device needs`,
    { hints: [`Have a sysadmin run: ALTER SERVER ROLE sysadmin ADD MEMBER ${member};`] },
  );
}

function missing(database: string): Failure {
  return state('database-missing', `there is no database ${quoteIdentifier(database)}`, [
    'List them: SELECT name FROM sys.databases.',
    'On a server with a case-sensitive collation the case of the name counts.',
  ]);
}

function checkSystemDatabase({ type }: BackupIntent, name: string): void {
  const lower = name.toLowerCase();
  if (lower === 'tempdb')
    throw state('tempdb', 'tempdb cannot be backed up', [
      'It is created anew at every start and needs no backup.',
    ]);
  if (lower === 'master' && (type === 'diff' || type === 'log'))
    throw state('master-full-only', `master has no ${nouns[type]} backups`, [
      'Say --type copy or --type full.',
    ]);
}

function checkEdition({ compression }: BackupIntent, server: ServerFacts): void {
  if (compression !== 'server' || hasBackupCompression(server)) return;
  throw new Failure(
    'compression-unsupported',
    `${server.edition ?? 'Express Edition'} has no backup compression of its own`,
    { hints: ['Say --compress zstd: it needs nothing from the edition.'] },
  );
}

const stateHints: Readonly<Record<string, string>> = {
  OFFLINE: 'Bring it online: ALTER DATABASE … SET ONLINE.',
  RESTORING:
    'Finish the restore: RESTORE DATABASE … WITH RECOVERY; a mirror or secondary is backed up on its primary.',
  RECOVERING: 'Wait until recovery is done, then try again.',
  RECOVERY_PENDING: "SQL Server's error log says what recovery lacks (a file, space, memory).",
  SUSPECT:
    "SQL Server's error log says what is damaged; for the tail of the log: --type log --with NO_TRUNCATE.",
  EMERGENCY: 'Repair the database first: DBCC CHECKDB.',
};

function checkState(intent: BackupIntent, database: DatabaseFacts): void {
  const name = quoteIdentifier(database.name);
  if (database.isSnapshot)
    throw state('database-snapshot', `${name} is a database snapshot, which cannot be backed up`, [
      'Back up the database it was taken from.',
    ]);
  if (database.state !== undefined && database.state !== 'ONLINE' && !isTailOfLog(intent))
    throw state('database-not-online', `database ${name} is ${database.state}, not ONLINE`, [
      stateHints[database.state] ?? "SQL Server's error log says more.",
    ]);
  if (database.isInStandby)
    throw state('database-standby', `database ${name} is in standby, which cannot be backed up`, [
      'Back up its primary, or end the standby: RESTORE DATABASE … WITH RECOVERY.',
    ]);
}

/** The log of a damaged database can still be saved, if the user asks for exactly that. */
function isTailOfLog(intent: BackupIntent): boolean {
  if (intent.type !== 'log' || !intent.with?.trim()) return false;
  const words = parseWithOptions(intent.with).map((option) => option.name);
  return words.includes('NO_TRUNCATE') || words.includes('CONTINUE_AFTER_ERROR');
}

function checkRecoveryModel({ type }: BackupIntent, database: DatabaseFacts): void {
  if (type !== 'log' || database.recoveryModel !== 'SIMPLE') return;
  const name = quoteIdentifier(database.name);
  throw state(
    'recovery-model-simple',
    `database ${name} has the recovery model SIMPLE and no log backups`,
    [
      'Say --type full or --type diff.',
      `Or keep the log from now on: ALTER DATABASE ${name} SET RECOVERY FULL, then a full backup.`,
    ],
  );
}

function warnings(
  { compression }: BackupIntent,
  database: DatabaseFacts,
  server: ServerFacts,
): PreflightWarning[] {
  const found = database.isEncrypted ? encryptionWarnings(compression, database, server) : [];
  if (database.userAccess === 'SINGLE_USER')
    found.push({
      code: 'single-user',
      message: `database ${quoteIdentifier(database.name)} is in single-user mode: the backup fails if another session holds it`,
    });
  return found;
}

function encryptionWarnings(
  compression: BackupIntent['compression'],
  { name }: DatabaseFacts,
  server: ServerFacts,
): PreflightWarning[] {
  const code = 'encrypted-database';
  const warning = compression === 'server' ? tdeCompressionWarning(server) : undefined;
  if (warning) return [{ code, ...warning }];
  if (compression !== 'zstd') return [];
  const hint = tdeAdvice(server);
  const message = `database ${quoteIdentifier(name)} is encrypted (TDE): its pages reach zstd encrypted and will compress about 1.0x`;
  return [{ code, message, ...(hint !== undefined && { hint }) }];
}

const nouns = { diff: 'differential', log: 'log' } as const;

export function state(
  code: FailureCode<'database-state'>,
  message: string,
  hints: string[],
): Failure {
  return new Failure(code, message, { hints });
}
