// What the backup stream says about itself: the part of RESTORE HEADERONLY and FILELISTONLY that people
// need offline. JSON-able: it is kept in the trailer. Not here: how it is found (walker.ts).

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
export interface MtfSet {
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

/** A whole stream. */
export interface MtfFacts {
  /** MSSQLBAK: compressed by SQL Server; then only `complete`, `sets` and the media set are told. */
  readonly compressed: boolean;
  /** Whether the stream ends as a finished backup set must; a truncated one never does. */
  readonly complete: boolean;
  /** Backup sets begun. */
  readonly sets: number;
  /** Why reading stopped before the end, with the byte position. */
  readonly damage?: string;
  /** MediaSetId, upper case. */
  readonly mediaSetId?: string;
  /** Stripes of the media set, and which of them this is (from 1). */
  readonly familyCount?: number;
  readonly familySequence?: number;
  /** The last backup set. */
  readonly set?: MtfSet;
}
