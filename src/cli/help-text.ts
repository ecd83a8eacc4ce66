// What `--help` says besides the options.

import { exitCodes, type FailureKind } from '../base/failure-codes.ts';

/** Columns of `--help`, the same everywhere. */
export const helpFormat = { helpWidth: 80, minWidthToWrap: 30 };

export const usage = `vdibackup [options] <database> <file...>
       vdibackup backup [options] <database> <file...>`;

export const description =
  'Backs up a SQL Server database through the Virtual Device Interface (VDI),\n' +
  'compressed with zstd, into a file that exists only if the backup is complete.';

export const examples = `
Examples:
  vdibackup Sales sales.bak.zst               copy-only full backup
  vdibackup --dry-run Sales sales.bak.zst     show the T-SQL, touch nothing
  vdibackup -U sa --password-file pw --type log Sales {database}_{timestamp}.trn
  vdibackup --type full --stripes 4 Sales /backup/{database}_{stripe}.bak.zst
  vdibackup --compress none Sales - | ssh vault 'cat > sales.bak'
  vdibackup backup backup backup.bak.zst      a database named like a command

File name tokens:
  {database} {type} {server} {instance} {timestamp} {stripe} {stripes}`;

const meanings: Record<FailureKind, string> = {
  unclassified: 'failure of no other kind',
  usage: 'usage',
  'some-databases-failed': 'several databases, some failed',
  connection: 'cannot connect or log in',
  environment: 'environment: VDI missing, rights, server on another machine',
  'database-state': 'state of the database: missing, offline, no base for this type',
  'sql-statement': 'SQL Server ended the statement with an error',
  io: 'destination or source: space, write, sync, rename, broken pipe',
  integrity: 'integrity: checksum, truncated, not a backup',
  drill: 'drill failed after a good restore',
  locked: 'locked by another run',
  stalled: 'stalled',
  interrupted: 'interrupted (Ctrl-C)',
  terminated: 'terminated',
};

const codeLines = Object.entries(meanings).map(
  ([kind, meaning]) => `  ${String(exitCodes[kind as FailureKind]).padStart(3)}  ${meaning}`,
);

export const exitCodeTable = `
Exit codes (treat one that is not listed as a failure):
    0  the backup is complete and on disk
${codeLines.join('\n')}`;

export const environment = `
Environment:
  SQLCMDSERVER SQLCMDUSER SQLCMDPASSWORD SQLCMDLOGINTIMEOUT   as in sqlcmd
  VDIBACKUP_CONNECTION_STRING   Server=...;User ID=...;Password=...
  VDIBACKUP_VDI_LIBRARY         another libsqlvdi.so (Linux)
  Command line comes before SQLCMD*, SQLCMD* before the connection string.

The last line on stderr is always OK ... or FAILED ..., with --json an object.`;
