// One backup set as it says itself: the part of RESTORE HEADERONLY and FILELISTONLY that people need offline. JSON-able: it
// is kept in the trailer.

import { numberOf, type Row, textOf } from './row.ts';

/** One database file (FILELISTONLY). */
export interface MtfFile {
  readonly logicalName: string;
  readonly physicalName: string;
  /** D data, L log; anything else is SQL Server's own number as text. */
  readonly type: string;
  /** Absent for log files. */
  readonly filegroup?: string;
  /** Bytes of the file on the server. */
  readonly size: number;
  /** Bytes of it in the backup, all stripes together. */
  readonly backupSize: number;
}

/** One backup set. Absent fields are unknown. Times are local times of the server, `YYYY-MM-DDTHH:MM:SS`. */
export interface BackupSet {
  /** BackupSetGUID, upper case. */
  readonly backupSetId?: string;
  /** Position in the media set, from 1. */
  readonly position?: number;
  readonly name?: string;
  readonly description?: string;
  readonly userName?: string;
  /** Minutes east of UTC of the times below. */
  readonly timeZoneMinutes?: number;
  readonly machine?: string;
  readonly database?: string;
  /** The instance as it names itself. */
  readonly server?: string;
  /** D full, L log, I differential; F, G, P, Q file and partial kinds. */
  readonly type?: string;
  /** Decimal text: LSNs do not fit a number. */
  readonly firstLsn?: string;
  readonly lastLsn?: string;
  readonly checkpointLsn?: string;
  readonly databaseBackupLsn?: string;
  readonly differentialBaseLsn?: string;
  readonly differentialBaseId?: string;
  /** FamilyGUID, upper case: the database, whatever its name, and every copy restored of it. */
  readonly familyId?: string;
  /** RecoveryForkID at the end of the set, upper case. */
  readonly recoveryForkId?: string;
  /** FirstRecoveryForkID: of a set across a fork point, or the first after one, the fork that the point is on. */
  readonly firstRecoveryForkId?: string;
  /** Where the log left `firstRecoveryForkId`; absent when there is one fork only. */
  readonly forkPointLsn?: string;
  /** The database was damaged when the backup was taken (bit 0x20 of HEADERONLY's Flags). */
  readonly isDamaged?: boolean;
  /** A full backup that no differential can be based on; known of our own archives only. */
  readonly isCopyOnly?: boolean;
  readonly started?: string;
  readonly finished?: string;
  /** major.minor.build of SQL Server. */
  readonly softwareVersion?: string;
  readonly compatibilityLevel?: number;
  readonly databaseVersion?: number;
  readonly recoveryModel?: 'FULL' | 'BULK-LOGGED' | 'SIMPLE';
  readonly hasBackupChecksums?: boolean;
  /** Bytes, all stripes together. */
  readonly backupSize?: number;
  /** True when only the configuration from the start of the set was there: finish, sizes and last LSNs are not final. */
  readonly provisional?: boolean;
  readonly files?: readonly MtfFile[];
}

/** BackupType of HEADERONLY -> the letter in the stream. */
const letters: Readonly<Record<number, string>> = {
  1: 'D',
  2: 'L',
  4: 'F',
  5: 'I',
  6: 'G',
  7: 'P',
  8: 'Q',
};

/** The set of a row of RESTORE HEADERONLY. */
export function backupSetOf(header: Row): BackupSet {
  const type = letters[numberOf(header, 'BackupType') ?? 0];
  const zone = numberOf(header, 'TimeZoneMinutes');
  const version = ['Major', 'Minor', 'Build'].map((part) => header[`SoftwareVersion${part}`]);
  return {
    ...(type !== undefined && { type }),
    ...(zone !== undefined && { timeZoneMinutes: zone }),
    ...(version[0] !== undefined && { softwareVersion: version.join('.') }),
    ...(header.IsDamaged === 1 && { isDamaged: true }),
    ...(header.HasBackupChecksums !== undefined && {
      hasBackupChecksums: header.HasBackupChecksums === 1,
    }),
    ...texts(header),
  };
}

const textColumns = {
  backupSetId: 'BackupSetGUID',
  database: 'DatabaseName',
  server: 'ServerName',
  firstLsn: 'FirstLSN',
  lastLsn: 'LastLSN',
  checkpointLsn: 'CheckpointLSN',
  differentialBaseLsn: 'DifferentialBaseLSN',
  differentialBaseId: 'DifferentialBaseGUID',
  familyId: 'FamilyGUID',
  recoveryForkId: 'RecoveryForkID',
  firstRecoveryForkId: 'FirstRecoveryForkID',
  forkPointLsn: 'ForkPointLSN',
  started: 'BackupStartDate',
  finished: 'BackupFinishDate',
} as const;

function texts(header: Row): BackupSet {
  const found = Object.entries(textColumns).map(([field, column]) => [
    field,
    textOf(header, column),
  ]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as BackupSet;
}
