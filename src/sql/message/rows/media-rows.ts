// Messages about the backup that is read: damaged, not whole, stripes, block sizes, and of which version.

import { onBackup, onReading, onRestore, type Row } from '../explanation.ts';

const verify = 'Check the file by itself: vdibackup verify FILE.';
/** `source-failure.ts` looks for this code: a source that failed says more. */
const damaged = 'damaged-backup';

// biome-ignore format: a table, each row a line or two
export const mediaRows: readonly Row[] = [
  [[3113, 3183, 3186, 3189, 3203, 3208, 3221, 3241, 3266, 3287], onReading, damaged,
    verify, 'If it is damaged: another copy of the file, or an earlier backup.'],
  [[3239, 3242, 3243, 3254], onReading, damaged,
    verify, 'Is it a backup of SQL Server at all? vdibackup info FILE tells.'],
  [[3143], onReading, damaged,
    'It is no backup of SQL Server: vdibackup info FILE tells what it holds.'],
  [[3256], onReading, damaged,
    'The backup was broken off while it was made: take another one; this one cannot be restored.'],
  [[3182], onReading, 'backup-of-damaged-database',
    'The database was damaged when this backup was taken: use an earlier one. To save what can be saved: --with CONTINUE_AFTER_ERROR, then DBCC CHECKDB.'],
  [[3128], onReading, damaged, verify],
  [[3187], onReading, 'no-checksums-in-backup',
    'The backup was written without checksums: leave --checksum out (and CHECKSUM out of --with).'],
  [[3132, 3133, 3227, 3231, 3232, 3247, 3249, 3258, 3263], onReading, 'wrong-stripes',
    'Give every file of the backup, each once: vdibackup info FILE tells which belong together.'],
  [[4038], onReading, 'no-such-backup-set',
    "Name the backup set by its place in the file: --with 'FILE = n'; vdibackup info FILE lists them."],
  [[4037], onBackup, 'bad-option', 'Leave MEDIANAME out of --with.'],
  [[4037], onReading, 'bad-option', 'Leave MEDIANAME out of --with, or name the medium as the backup does.'],
  [[3199], onReading, 'transfer-size',
    'Repeat it with the size that the message names: --transfer-size.'],
  [[3284], onReading, 'block-size',
    'Repeat it with the block size that the message names: --block-size.'],
  [[3268], onReading, 'block-size',
    'The backup was written for disks with another sector size. Say --block-size with the first size that the message names.'],
  [[3272], onBackup, 'block-size', 'Leave --block-size out, or name a multiple of the size in the message.'],
  [[3272], onReading, 'block-size', 'Leave --block-size out: what the backup was written with is used then.'],
  [[3276], onReading, 'bad-option', 'Leave SNAPSHOT out of --with: the backup was taken without.'],
  [[3277], onBackup, 'bad-option', 'Leave SNAPSHOT out of --with: this program takes no snapshot backups.'],
  [[3277], onReading, 'bad-option', 'Leave SNAPSHOT out of --with: this program restores no snapshot backups.'],
  [[3279], onReading, 'backup-password', "The backup has a password (SQL Server 2008 and older): --with \"PASSWORD = '…'\"."],
  [[3095, 3097, 3098], onBackup, 'media-format',
    'The media header asks for another form: leave NOFORMAT, INIT and NOINIT out of --with, so that FORMAT makes a new one.'],
  [[3168], onRestore, 'other-build',
    'Bring the server to the build the backup was taken on, or restore under another name and copy from there what you need.'],
  [[3169, 3255], onReading, 'other-version',
    'Compare the versions: vdibackup info FILE, and SELECT @@VERSION.',
    'A backup goes to its own version or a newer one. One that is too old for this server (SQL Server 2000 for 2012, for example) is restored on a version in between and backed up there.'],
  [[935, 938, 943, 948], onReading, 'newer-version', 'Restore it on the version the backup was taken on, or a newer one.'],
  [[943], onBackup, 'newer-version', 'Back it up with the version of SQL Server that the database belongs to.'],
  [[950, 3453], onReading, 'older-version',
    'Restore it on an older version first, one that this server can take backups of, and back it up there.'],
];
