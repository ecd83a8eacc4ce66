// The SFGI (filegroup) and SFIN (file) records: what FILELISTONLY shows.
import { MtfRecord } from './mtf-fields.ts';

/** Shortest records that hold all fields read here. */
const filegroupRecordBytes = 20;
const fileRecordBytes = 258;
/** Kinds of file; the numbers of FILESTREAM and full-text are unknown. */
const kinds: Readonly<Record<number, string>> = { 1: 'D', 2: 'L' };

export interface MtfFilegroup {
  readonly id: number;
  readonly name: string;
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

/** Reads an SFGI record, from its tag; undefined when it is too short. */
export function decodeFilegroup(bytes: Uint8Array): MtfFilegroup | undefined {
  if (bytes.length < filegroupRecordBytes) return undefined;
  const record = new MtfRecord(bytes);
  return { id: record.u32(12), name: record.text(16) ?? '' };
}

/** Reads an SFIN record, from its tag; undefined when it is too short. Sizes that cannot be are 0. */
export function decodeFileRecord(bytes: Uint8Array): MtfFileRecord | undefined {
  if (bytes.length < fileRecordBytes) return undefined;
  const record = new MtfRecord(bytes);
  const kind = record.u16(28);
  return {
    fileId: record.u16(20),
    filegroupId: record.u32(36),
    type: kinds[kind] ?? String(kind),
    logicalName: record.text(48) ?? '',
    physicalName: record.text(52) ?? '',
    size: record.u64(40) ?? 0,
    backupSize: record.u64(250) ?? 0,
  };
}
