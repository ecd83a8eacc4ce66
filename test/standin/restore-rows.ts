// The row sets of RESTORE LABELONLY, HEADERONLY and FILELISTONLY, read from the bytes that came.
import { date, guid, lsn, type MtfContent, type MtfFile, text } from './mtf-reader.ts';
import type { QueryResult } from './query.ts';
import type { RestoreVerdict } from './restore-judge.ts';
import {
  bigintType,
  bitType,
  datetimeType,
  guidType,
  intType,
  numericType,
  nvarchar,
  type SqlType,
  type SqlValue,
  smallintType,
  tinyintType,
} from './sql-value.ts';
import type { DeviceOperation } from './statement.ts';

type Cell = readonly [string, SqlType, SqlValue];

const name = nvarchar(128);
const lsnType = numericType(25, 0);
const virtualDevice = 7;

export function restoreRows(
  operation: DeviceOperation,
  { content, files }: RestoreVerdict,
): QueryResult {
  if (!content) return { columns: [], rows: [] };
  if (operation === 'RESTORE FILELIST') {
    const listed = content.state === 'compressed' ? unreadFiles : files;
    return toResult(listed.map(fileCells), fileCells(noFile));
  }
  if (operation === 'RESTORE LABELONLY') return toResult([labelCells(content)]);
  const { scin } = content;
  return toResult(scin ? [headerCells(content, scin)] : []);
}

function toResult(rows: readonly (readonly Cell[])[], shape = rows[0] ?? []): QueryResult {
  return {
    columns: shape.map(([label, type]) => ({ name: label, type })),
    rows: rows.map((cells) => cells.map(([, , value]) => value)),
  };
}

function labelCells({ label, state }: MtfContent): Cell[] {
  return [
    ['MediaName', name, null],
    ['MediaSetId', guidType, label?.mediaSetId ?? null],
    ['FamilyCount', intType, label?.familyCount ?? null],
    ['FamilySequenceNumber', intType, label?.familySequence ?? null],
    ['MediaFamilyId', guidType, familyGuid(label?.familyId)],
    ['MediaSequenceNumber', intType, 1],
    ['MediaLabelPresent', tinyintType, 0],
    ['MediaDescription', nvarchar(255), null],
    ['SoftwareName', name, label?.softwareName ?? null],
    ['SoftwareVendorId', intType, label?.vendorId ?? null],
    ['MediaDate', datetimeType, label?.written ?? null],
    ['MirrorCount', intType, 1],
    ['IsCompressed', bitType, state === 'compressed'],
  ];
}

function familyGuid(id: number | undefined): string | null {
  if (id === undefined) return null;
  return `${id.toString(16).padStart(8, '0').toUpperCase()}-0000-0000-0000-000000000000`;
}

const backupTypes: Readonly<Record<string, readonly [number, string]>> = {
  D: [1, 'Database'],
  L: [2, 'Transaction Log'],
  I: [5, 'Database Differential'],
};

function headerCells(content: MtfContent, scin: Buffer): Cell[] {
  const letter = String.fromCharCode(scin.readUInt8(87));
  const [type, typeText] = backupTypes[letter] ?? [0, letter];
  const flags = scin.readUInt32LE(8);
  const version = scin.readUInt32LE(24);
  const status = scin.readUInt32LE(244);
  const recovery = status & 8 ? 'SIMPLE' : status & 4 ? 'BULK-LOGGED' : 'FULL';
  return [
    ['BackupName', name, content.set?.backupName ?? null],
    ['BackupDescription', nvarchar(255), null],
    ['BackupType', smallintType, type],
    ['ExpirationDate', datetimeType, null],
    ['Compressed', tinyintType, 0],
    ['Position', smallintType, content.set?.position ?? 1],
    ['DeviceType', tinyintType, virtualDevice],
    ['UserName', name, content.set?.userName ?? null],
    ['ServerName', name, text(scin, 108)],
    ['DatabaseName', name, text(scin, 104)],
    ['DatabaseVersion', intType, scin.readUInt16LE(94)],
    ['DatabaseCreationDate', datetimeType, date(scin, 72)],
    ['BackupSize', numericType(20, 0), scin.readBigUInt64LE(96)],
    ['FirstLSN', lsnType, lsn(scin, 32)],
    ['LastLSN', lsnType, lsn(scin, 42)],
    ['CheckpointLSN', lsnType, lsn(scin, 52)],
    ['DatabaseBackupLSN', lsnType, lsn(scin, 62) ?? 0n],
    ['BackupStartDate', datetimeType, date(scin, 77)],
    ['BackupFinishDate', datetimeType, date(scin, 82)],
    ['SortOrder', smallintType, scin.readUInt8(88)],
    ['CodePage', smallintType, 0],
    ['UnicodeLocaleId', intType, scin.readUInt32LE(116)],
    ['UnicodeComparisonStyle', intType, scin.readUInt32LE(120)],
    ['CompatibilityLevel', tinyintType, scin.readUInt8(91)],
    ['SoftwareVendorId', intType, content.label?.vendorId ?? null],
    ['SoftwareVersionMajor', intType, version >>> 24],
    ['SoftwareVersionMinor', intType, (version >>> 16) & 0xff],
    ['SoftwareVersionBuild', intType, version & 0xffff],
    ['MachineName', name, content.machineName],
    ['Flags', intType, flags],
    ['BindingID', guidType, guid(scin, 124)],
    ['RecoveryForkID', guidType, guid(scin, 156)],
    ['Collation', name, 'SQL_Latin1_General_CP1_CI_AS'],
    ['FamilyGUID', guidType, guid(scin, 224)],
    ['HasBulkLoggedData', bitType, (flags & 1) !== 0],
    ['IsSnapshot', bitType, (flags & 2) !== 0],
    ['IsReadOnly', bitType, (flags & 4) !== 0],
    ['IsSingleUser', bitType, (flags & 8) !== 0],
    ['HasBackupChecksums', bitType, (flags & 0x10) !== 0],
    ['IsDamaged', bitType, (flags & 0x20) !== 0],
    ['FirstRecoveryForkID', guidType, guid(scin, 184) ?? guid(scin, 156)],
    ['ForkPointLSN', lsnType, lsn(scin, 172)],
    ['RecoveryModel', nvarchar(60), recovery],
    ['DifferentialBaseLSN', lsnType, lsn(scin, 260)],
    ['DifferentialBaseGUID', guidType, guid(scin, 272)],
    ['BackupTypeDescription', nvarchar(60), typeText],
    ['BackupSetGUID', guidType, content.set?.setId ?? null],
    ['CompressedBackupSize', bigintType, scin.length >= 352 ? scin.readBigUInt64LE(344) : null],
  ];
}

const noFile: MtfFile = {
  logicalName: '',
  physicalName: '',
  kind: 1,
  fileId: 0,
  filegroupId: 0,
  size: 0,
  maxSize: 0n,
  backedUp: 0,
  blockSize: 0,
  uniqueId: null,
  differentialBaseLsn: null,
  differentialBaseId: null,
};

// Compressed streams are not decompressed here; SQL Server would list what is inside.
const unreadFiles: readonly MtfFile[] = [
  { ...noFile, logicalName: 'data', physicalName: 'C:\\Data\\data.mdf', fileId: 1 },
  { ...noFile, logicalName: 'log', physicalName: 'C:\\Data\\log.ldf', kind: 2, fileId: 2 },
];

function fileCells(file: MtfFile): Cell[] {
  const isData = file.kind === 1;
  return [
    ['LogicalName', name, file.logicalName],
    ['PhysicalName', nvarchar(260), file.physicalName],
    ['Type', nvarchar(1), isData ? 'D' : 'L'],
    ['FileGroupName', name, isData ? 'PRIMARY' : null],
    ['Size', numericType(20, 0), BigInt(file.size)],
    ['MaxSize', numericType(20, 0), file.maxSize],
    ['FileId', bigintType, BigInt(file.fileId)],
    ['CreateLSN', lsnType, 0n],
    ['DropLSN', lsnType, 0n],
    ['UniqueId', guidType, file.uniqueId],
    ['ReadOnlyLSN', lsnType, 0n],
    ['ReadWriteLSN', lsnType, 0n],
    ['BackupSizeInBytes', bigintType, BigInt(file.backedUp)],
    ['SourceBlockSize', intType, file.blockSize],
    ['FileGroupId', intType, file.filegroupId],
    ['LogGroupGUID', guidType, null],
    ['DifferentialBaseLSN', lsnType, file.differentialBaseLsn ?? 0n],
    ['DifferentialBaseGUID', guidType, file.differentialBaseId],
    ['IsReadOnly', bitType, false],
    ['IsPresent', bitType, true],
    ['TDEThumbprint', nvarchar(40), null],
    ['SnapshotUrl', nvarchar(360), null],
  ];
}
