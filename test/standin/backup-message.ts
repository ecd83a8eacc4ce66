// The messages of BACKUP and RESTORE: number, severity and words of sys.messages.
import { errorMessage as error, type ServerMessage } from './sql-error.ts';
import { operatingSystemError } from './win32-text.ts';

const info = (number: number, text: string): ServerMessage => error(number, text, 10);

const operationAborted = 995;

export const backupMessages = {
  percent: (percent: number) => info(3211, `${percent} percent processed.`),
  fileDone: (pages: number, database: string, file: string) =>
    info(4035, `Processed ${pages} pages for database '${database}', file '${file}' on file 1.`),
  success: (operation: string, pages: number, milliseconds: number) => {
    const seconds = Math.max(1, milliseconds) / 1000;
    const rate = (pages * 8192) / (1024 * 1024) / seconds;
    return info(
      3014,
      `${operation} successfully processed ${pages} pages in ${seconds.toFixed(3)} seconds (${rate.toFixed(3)} MB/sec).`,
    );
  },
  valid: (file: number) => info(3262, `The backup set on file ${file} is valid.`),
  damagedDatabase: () =>
    info(
      3042,
      'BACKUP WITH CONTINUE_AFTER_ERROR successfully generated a backup of the damaged database. Refer to the SQL Server error log for information about the errors that were encountered.',
    ),
  restoredWithDamage: () =>
    info(
      3184,
      'RESTORE WITH CONTINUE_AFTER_ERROR was successful but some damage was encountered. Inconsistencies in the database are possible.',
    ),
  writtenWithDamage: () =>
    info(
      3188,
      'The backup set was written with damaged data by a BACKUP WITH CONTINUE_AFTER_ERROR.',
    ),
  badPageInSet: (database: string) =>
    error(
      3183,
      `RESTORE detected an error on page (1:77) in database "${database}" as read from the backup set.`,
    ),
  damagedSet: () => error(3189, 'Damage to the backup set was detected.'),
  noSuchFile: (file: number, device: string) =>
    error(4038, `Cannot find file ID ${file} on device '${device}'.`),
  terminated: (operation: string) => error(3013, `${operation} is terminating abnormally.`),
  aborted: () => error(3204, 'The backup or restore was aborted.'),
  cannotOpen: (device: string, code: number) =>
    error(
      3201,
      `Cannot open backup device '${device}'. Operating system error ${operatingSystemError(code)}.`,
    ),
  writeFailed: (device: string, code: number) =>
    error(3202, `Write on "${device}" failed: ${operatingSystemError(code)}`),
  readFailed: (device: string, code: number) =>
    error(3203, `Read on "${device}" failed: ${operatingSystemError(code)}`),
  nonrecoverable: (device: string) =>
    error(
      3271,
      `A nonrecoverable I/O error occurred on file "${device}:" ${operatingSystemError(operationAborted)}.`,
    ),
  deviceFailure: (routine: string, device: string, what: string, code = operationAborted) =>
    error(
      18210,
      `${routine}: ${what}failure on backup device '${device}'. Operating system error ${operatingSystemError(code)}.`,
    ),
  badPage: (database: string) =>
    error(3043, `BACKUP '${database}' detected an error on page (1:77) in file '${database}.mdf'.`),
  noConfiguration: () => error(3261, 'SQL Server cannot use the virtual device configuration.'),
  notSysadmin: () =>
    error(
      3265,
      'The login has insufficient authority. Membership of the sysadmin role is required to use VIRTUAL_DEVICE with BACKUP or RESTORE.',
    ),
  inTransaction: () =>
    error(3021, 'Cannot perform a backup or restore operation within a transaction.'),
  serialized: () =>
    error(
      3023,
      'Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized. Reissue the statement after the current backup or file manipulation operation is completed.',
    ),
  noBase: (database: string) =>
    error(
      3035,
      `Cannot perform a differential backup for database "${database}", because a current database backup does not exist. Perform a full database backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option.`,
    ),
  noLogOfSimple: () =>
    error(
      4208,
      'The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.',
    ),
  noCurrentBackup: () =>
    error(4214, 'BACKUP LOG cannot be performed because there is no current database backup.'),
  snapshot: () => error(3002, 'Cannot BACKUP or RESTORE a database snapshot.'),
  standby: (database: string) =>
    error(
      3036,
      `The database "${database}" is in warm-standby state (set by executing RESTORE WITH STANDBY) and cannot be backed up until the entire restore sequence is completed.`,
    ),
  emergency: () =>
    error(3033, 'BACKUP DATABASE cannot be used on a database opened in emergency mode.'),
  tempdb: () => error(3147, 'Backup and restore operations are not allowed on database tempdb.'),
  masterFullOnly: () =>
    error(
      3024,
      'You can only perform a full backup of the master database. Use BACKUP DATABASE to back up the entire master database.',
    ),
  unknownDatabase: (database: string) =>
    error(
      911,
      `Database '${database}' does not exist. Make sure that the name is entered correctly.`,
    ),
  offline: (database: string) =>
    error(942, `Database '${database}' cannot be opened because it is offline.`, 14),
  restoring: (database: string) =>
    error(927, `Database '${database}' cannot be opened. It is in the middle of a restore.`, 14),
  recovering: (database: string) =>
    error(
      922,
      `Database '${database}' is being recovered. Waiting until recovery is finished.`,
      14,
    ),
  suspect: (database: string) =>
    error(
      926,
      `Database '${database}' cannot be opened. It has been marked SUSPECT by recovery. See the SQL Server errorlog for more information.`,
      14,
    ),
  tooManyDevices: () =>
    error(3205, 'Too many backup devices specified for backup or restore; only 64 are allowed.'),
  emptyName: () =>
    error(
      3044,
      'Invalid zero-length device name. Reissue the BACKUP statement with a valid device name.',
    ),
  longName: (limit: number) =>
    error(
      3057,
      `Invalid device name. The length of the device name provided exceeds supported limit (maximum length is:${limit}). Reissue the BACKUP statement with a valid device name.`,
    ),
  invalidValue: (parameter: string) =>
    error(3217, `Invalid value specified for ${parameter} parameter.`),
  notInRange: (value: number, parameter: string) =>
    error(3250, `The value '${value}' is not within range for the ${parameter} parameter.`),
  blockSize: () =>
    error(3253, 'The block size parameter must supply a value that is a power of 2.'),
  tooFewBuffers: () =>
    error(
      3273,
      'The BUFFERCOUNT parameter must supply a value that allows at least one buffer per backup device.',
    ),
  conflict: (option: string, other: string) =>
    error(
      3031,
      `Option '${option}' conflicts with option(s) '${other}'. Remove the conflicting option and reissue the statement.`,
    ),
  unsupported: (options: string) =>
    error(
      3032,
      `One or more of the options (${options}) are not supported for this statement. Review the documentation for supported options.`,
    ),
  compressionEdition: (operation: string, edition: string) =>
    error(1844, `${operation} WITH COMPRESSION is not supported on ${edition}.`),
  incorrectlyFormed: (device: string) =>
    error(
      3241,
      `The media family on device '${device}' is incorrectly formed. SQL Server cannot process this media family.`,
    ),
  emptyMedia: (device: string) => error(3254, `The volume on device '${device}' is empty.`),
  incomplete: (device: string) =>
    error(
      3256,
      `The backup set on device '${device}' was terminated while it was being created and is incomplete. RESTORE sequence is terminated abnormally.`,
    ),
  familyCount: (device: string, actual: number, expected: number) =>
    error(
      3231,
      `The media loaded on "${device}" is formatted to support ${actual} media families, but ${expected} media families are expected according to the backup device specification.`,
    ),
  familyTwice: (device: string, family: number, other: string) =>
    error(
      3227,
      `The backup media on "${device}" is part of media family ${family} which has already been processed on "${other}". Ensure that backup devices are correctly specified. For tape devices, ensure that the correct volumes are loaded.`,
    ),
  tailNotBackedUp: (database: string) =>
    error(
      3159,
      `The tail of the log for the database "${database}" has not been backed up. Use BACKUP LOG WITH NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH STOPAT clause of the RESTORE statement to just overwrite the contents of the log.`,
    ),
  notPartOf: (file: string, database: string) =>
    error(
      3234,
      `Logical file '${file}' is not part of database '${database}'. Use RESTORE FILELISTONLY to list the logical file names.`,
    ),
  cannotCreate: (database: string) =>
    error(
      3118,
      `The database "${database}" does not exist. RESTORE can only create a database when restoring either a full backup or a file backup of the primary file.`,
    ),
  noFilesReady: () =>
    error(
      3117,
      'The log or differential backup cannot be restored because no files are ready to rollforward.',
    ),
  logTooRecent: (first: bigint, reached: bigint) =>
    error(
      4305,
      `The log in this backup set begins at LSN ${first}, which is too recent to apply to the database. An earlier log backup that includes LSN ${reached} can be restored.`,
    ),
  logTooEarly: (last: bigint, reached: bigint) =>
    error(
      4326,
      `The log in this backup set terminates at LSN ${last}, which is too early to apply to the database. A more recent log backup that includes LSN ${reached} can be restored.`,
    ),
  otherRecoveryPath: () =>
    error(
      4330,
      'This backup set cannot be applied because it is on a recovery path that is inconsistent with the database.',
    ),
  stopAtTooEarly: () =>
    error(
      4338,
      'The STOPAT clause specifies a point too early to allow this backup set to be restored. Choose a different stop point or use RESTORE DATABASE WITH RECOVERY to recover at the current point.',
    ),
  beforeStopAt: () =>
    error(
      4322,
      'This backup set contains records that were logged before the designated point in time. The database is being left in the restoring state so that more roll forward can be performed.',
      10,
    ),
  noChecksum: () =>
    error(
      3187,
      'RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information.',
    ),
  misalignedFilemark: (device: string, blockSize: number) =>
    error(
      3284,
      `Filemark on device '${device}' is not aligned. Re-issue the Restore statement with the same blocksize used to create the backupset: '${blockSize}' looks like a possible value.`,
    ),
} as const;
