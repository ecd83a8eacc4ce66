// Messages about recovery and upgrade of a database that was restored, and about pages and the log that SQL Server reads.

import { onAny, onBackup, onDrill, onReading, onRestore, type Row } from '../explanation.ts';

const earlier =
  'All of the backup was read, but the database does not come up: restore an earlier one, and check this one: vdibackup verify --verifyonly FILE.';
const transactions =
  'Start the transaction coordinator (MS DTC) and recover again: RESTORE DATABASE … WITH RECOVERY.';
const upgrade =
  'The upgrade to this version failed: restore it on the version it comes from, or bring this server to its newest update and try again.';

// biome-ignore format: a table, each row a line or two
export const recoveryRows: readonly Row[] = [
  [[823], onBackup, 'corrupt-page',
    'The volume did not give a page: look at its health (system log, SMART, storage), then DBCC CHECKDB.',
    'To save what can be saved: --with CONTINUE_AFTER_ERROR.'],
  [[824, 829, 3043, 3053], onBackup, 'corrupt-page',
    'Run DBCC CHECKDB on the database: the page was damaged before this backup.',
    'To save what can be saved: --with CONTINUE_AFTER_ERROR.'],
  [[823], onReading, 'storage-error',
    'The volume of the restored files failed: look at its health, or put them elsewhere: --data-dir and --log-dir.'],
  [[824, 829], onReading, 'corrupt-page',
    'A page that was restored is wrong: check the backup (vdibackup verify FILE), and the volume it went to; restore it elsewhere.'],
  [[832], onAny, 'memory-error', 'A page changed in memory: test the memory of the machine before anything else.'],
  [[845], onAny, 'storage-slow', 'The storage answers too slowly: look at its load and health, then try again.'],
  [[3167], onReading, 'not-started',
    'The restored database did not start, as the messages before this one say: is it a feature this edition lacks, a missing key, or no room?'],
  [[3301, 3302, 3313, 3314, 3315, 3316, 3448, 3456, 3468], onReading, 'recovery-failed', earlier],
  [[9001, 9003, 9004, 9015, 9019, 3447], onReading, 'recovery-failed', earlier],
  [[9002], onReading, 'log-full',
    'Recovery needs more log than the database that the message names has room for: make room on the volume of the log, or --log-dir with more.'],
  [[9016], onReading, 'key-missing',
    'The log is encrypted with a certificate or key that this server does not open: bring it here with its private key.'],
  [[9014], onReading, 'newer-version', 'The log is of another version: restore it on the version the backup was taken on, or a newer one.'],
  [[3415, 3419], onRestore, 'upgrade-needs-writing',
    'The database must be upgraded, which a read-only or standby one cannot be: restore it without --standby, its files writable.'],
  [[3415], onDrill, 'upgrade-needs-writing',
    'The database must be upgraded, and SQL Server may not write its files: put them into a folder of its own, --data-dir and --log-dir.'],
  [[3431, 3437, 3463], onRestore, 'distributed-transactions', transactions],
  [[3431, 3437, 3463], onDrill, 'distributed-transactions', 'Start the transaction coordinator (MS DTC), then drill again.'],
  [[3441, 3445], onRestore, 'standby-file',
    'SQL Server does not find or open the undo file of the standby: put it back, or start again from the full backup.'],
  [[3443], onRestore, 'standby-changed', 'The database was changed since the last restore: start again from the full backup.'],
  [[3457, 3459], onReading, 'recovery-failed', 'Put the files into an empty folder (--data-dir, --log-dir) and restore again.'],
  [[939], onReading, 'recovery-failed', 'The version store did not start: is there room on the data volume? Then restore again.'],
  [[912, 914, 915, 917, 928], onReading, 'upgrade-failed', upgrade],
  [[918], onReading, 'installation-incomplete', 'The installation of SQL Server is incomplete: repair it with its setup, then restore again.'],
];
