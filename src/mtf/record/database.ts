// The SCIN record: what SQL Server knows of the database and of the backup. Offsets are the same from
// SQL Server 2005 to 2025 (docs/mtf.md, "Configuration").
import type { BackupSet } from '../backup-set.ts';
import type { MtfRecord } from '../fields.ts';
import { present } from './set-start.ts';

/** Shortest record that holds all fields that every version has. */
export const databaseRecordBytes = 288;
const checksumFlag = 0x10;
/** Taken of a damaged database with CONTINUE_AFTER_ERROR (RESTORE HEADERONLY, column Flags). */
const damagedFlag = 0x20;
const statusSimple = 8;
const statusBulkLogged = 4;
const backupTypes: Readonly<Record<string, readonly [number, string]>> = {
  D: [1, 'Database'],
  L: [2, 'Transaction Log'],
  F: [4, 'File'],
  I: [5, 'Database Differential'],
  G: [6, 'File Differential'],
  P: [7, 'Partial'],
  Q: [8, 'Partial Differential'],
};
/** Strings begin behind the record's fields; older versions begin them where newer ones have more fields. */
const compressedSizeEnds = 352;

const typeLetter = (scin: MtfRecord) => scin.ascii(87, 1);
const version = (scin: MtfRecord) => scin.u32(24);
const recoveryFork = (scin: MtfRecord) => scin.guid(156);

/** Columns of RESTORE HEADERONLY, each where the record has it; undefined where it does not say. */
export const databaseFields = {
  BackupType: (scin) => backupTypes[typeLetter(scin)]?.[0],
  BackupTypeDescription: (scin) => backupTypes[typeLetter(scin)]?.[1],
  ServerName: (scin) => scin.text(108),
  DatabaseName: (scin) => scin.text(104),
  DatabaseVersion: (scin) => scin.u16(94),
  DatabaseCreationDate: (scin) => scin.date(72),
  BackupSize: (scin) => scin.u64(96),
  FirstLSN: (scin) => scin.lsn(32),
  LastLSN: (scin) => scin.lsn(42),
  CheckpointLSN: (scin) => scin.lsn(52),
  DatabaseBackupLSN: (scin) => scin.lsn(62) ?? '0',
  BindingID: (scin) => scin.guid(124),
  RecoveryForkID: recoveryFork,
  FirstRecoveryForkID: (scin) => scin.guid(184) ?? recoveryFork(scin),
  ForkPointLSN: (scin) => scin.lsn(172),
  FamilyGUID: (scin) => scin.guid(224),
  DifferentialBaseLSN: (scin) => scin.lsn(260),
  DifferentialBaseGUID: (scin) => scin.guid(272),
  BackupStartDate: (scin) => scin.date(77),
  BackupFinishDate: (scin) => scin.date(82),
  SortOrder: (scin) => scin.u8(88),
  UnicodeLocaleId: (scin) => scin.u32(116),
  UnicodeComparisonStyle: (scin) => scin.u32(120),
  CompatibilityLevel: (scin) => scin.u8(91),
  SoftwareVersionMajor: (scin) => version(scin) >>> 24,
  SoftwareVersionMinor: (scin) => (version(scin) >>> 16) & 255,
  SoftwareVersionBuild: (scin) => version(scin) & 0xffff,
  Flags: (scin) => scin.u32(8),
  IsDamaged: (scin) => ((scin.u32(8) & damagedFlag) === 0 ? 0 : 1),
  HasBackupChecksums: (scin) => ((scin.u32(8) & checksumFlag) === 0 ? 0 : 1),
  RecoveryModel: recoveryModel,
  CompressedBackupSize: (scin) =>
    Math.min(scin.u16(106), scin.u16(110)) >= compressedSizeEnds ? scin.u64(344) : undefined,
} as const satisfies Readonly<
  Record<string, (scin: MtfRecord) => string | number | boolean | undefined>
>;

/** The facts of a SCIN record. */
export function decodeDatabase(scin: MtfRecord): BackupSet {
  const of = databaseFields;
  const backupSize = of.BackupSize(scin);
  return {
    ...present('database', of.DatabaseName(scin)),
    ...present('server', of.ServerName(scin)),
    type: typeLetter(scin),
    ...present('firstLsn', of.FirstLSN(scin)),
    ...present('lastLsn', of.LastLSN(scin)),
    ...present('checkpointLsn', of.CheckpointLSN(scin)),
    ...present('databaseBackupLsn', scin.lsn(62)),
    ...present('differentialBaseLsn', of.DifferentialBaseLSN(scin)),
    ...present('differentialBaseId', of.DifferentialBaseGUID(scin)),
    ...present('familyId', of.FamilyGUID(scin)),
    ...present('recoveryForkId', of.RecoveryForkID(scin)),
    ...present('firstRecoveryForkId', of.FirstRecoveryForkID(scin)),
    ...present('forkPointLsn', of.ForkPointLSN(scin)),
    ...(of.IsDamaged(scin) === 1 && { isDamaged: true }),
    ...present('started', of.BackupStartDate(scin)),
    ...present('finished', of.BackupFinishDate(scin)),
    softwareVersion: `${of.SoftwareVersionMajor(scin)}.${of.SoftwareVersionMinor(scin)}.${of.SoftwareVersionBuild(scin)}`,
    compatibilityLevel: of.CompatibilityLevel(scin),
    databaseVersion: of.DatabaseVersion(scin),
    recoveryModel: of.RecoveryModel(scin),
    hasBackupChecksums: of.HasBackupChecksums(scin) === 1,
    ...(backupSize !== undefined && { backupSize }),
  };
}

function recoveryModel(scin: MtfRecord): 'FULL' | 'BULK-LOGGED' | 'SIMPLE' {
  const status = scin.u32(244);
  if ((status & statusSimple) !== 0) return 'SIMPLE';
  return (status & statusBulkLogged) !== 0 ? 'BULK-LOGGED' : 'FULL';
}
