// The SFGI (filegroup) and SFIN (file) records: what FILELISTONLY shows.
import type { MtfRecord } from '../fields.ts';

/** Shortest records that hold all fields read here. */
export const filegroupRecordBytes = 20;
export const fileRecordBytes = 258;
/** Kinds of file; the numbers of FILESTREAM and full-text are unknown. */
const kinds: Readonly<Record<number, string>> = { 1: 'D', 2: 'L' };

const kind = (file: MtfRecord) => file.u16(28);

/** Columns of RESTORE FILELISTONLY, each where the SFIN record has it; undefined where it does not say. */
export const fileFields = {
  LogicalName: (file) => file.text(48),
  PhysicalName: (file) => file.text(52),
  Type: (file) => kinds[kind(file)],
  Size: (file) => file.u64(40),
  MaxSize: (file) => file.u64(86),
  FileId: (file) => file.u16(20),
  CreateLSN: (file) => file.lsn(138) ?? '0',
  UniqueId: (file) => file.guid(186),
  BackupSizeInBytes: (file) => file.u64(250),
  SourceBlockSize: (file) => file.u32(32),
  FileGroupId: (file) => file.u32(36),
  DifferentialBaseLSN: (file) => file.lsn(158),
  DifferentialBaseGUID: (file) => file.guid(170),
} as const satisfies Readonly<Record<string, (file: MtfRecord) => string | number | undefined>>;

interface MtfFilegroup {
  readonly id: number;
  readonly name: string | undefined;
}

export interface MtfFileRecord {
  readonly fileId: number;
  /** 0 for log files. */
  readonly filegroupId: number;
  /** D data, L log; other kinds as their number. */
  readonly type: string;
  readonly logicalName: string;
  readonly physicalName: string;
  /** Bytes. */
  readonly size: number;
  readonly backupSize: number;
}

/** Reads an SFGI record. */
function decodeFilegroup(record: MtfRecord): MtfFilegroup {
  return { id: record.u32(12), name: record.text(16) };
}

/** Names of the filegroups in SFGI records, by their ids; undefined for one that has none. */
export function filegroupNames(records: readonly MtfRecord[]): Map<number, string | undefined> {
  return new Map(records.map(decodeFilegroup).map(({ id, name }) => [id, name]));
}

/** Reads an SFIN record. Sizes that cannot be are 0. */
export function decodeFileRecord(file: MtfRecord): MtfFileRecord {
  const of = fileFields;
  return {
    fileId: of.FileId(file),
    filegroupId: of.FileGroupId(file),
    type: of.Type(file) ?? String(kind(file)),
    logicalName: of.LogicalName(file) ?? '',
    physicalName: of.PhysicalName(file) ?? '',
    size: of.Size(file) ?? 0,
    backupSize: of.BackupSizeInBytes(file) ?? 0,
  };
}
