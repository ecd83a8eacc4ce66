// The MQCI stream: the configuration of a backup set, written provisionally at its start (block MSCI) and
// finally at its end (MSLS). A chain of records: tag[4], u32 length of the record, fields.

import type { BackupSet, MtfFile } from '../backup-set.ts';
import { MtfRecord } from '../fields.ts';
import { databaseFields, databaseRecordBytes, decodeDatabase } from './database.ts';
import {
  decodeFileRecord,
  filegroupNames,
  filegroupRecordBytes,
  fileRecordBytes,
  type MtfFileRecord,
} from './file-record.ts';

const recordHeadBytes = 8;
/** Most records of a kind: a database has at most 32767 files and as many filegroups, a configuration room for fewer. */
const maxRecords = 8192;
/** Shortest record of each kind that is one: a configuration of mere heads would be read as a hundred thousand files. */
const shortest: Readonly<Record<string, number>> = {
  SCIN: databaseRecordBytes,
  SFGI: filegroupRecordBytes,
  SFIN: fileRecordBytes,
};

/** The records of a configuration, by what they are. */
export interface ConfigurationRecords {
  /** SCIN. */
  readonly database: MtfRecord | undefined;
  /** SFGI. */
  readonly filegroups: readonly MtfRecord[];
  /** SFIN. */
  readonly files: readonly MtfRecord[];
}

interface MtfConfiguration {
  readonly database: BackupSet;
  /** Names by id. */
  readonly filegroups: ReadonlyMap<number, string | undefined>;
  readonly files: readonly MtfFileRecord[];
}

/** The records of an MQCI stream as far as they are whole; of several SCIN the last counts. */
export function configurationRecords(stream: Uint8Array): ConfigurationRecords {
  const found = { SCIN: [] as MtfRecord[], SFGI: [] as MtfRecord[], SFIN: [] as MtfRecord[] };
  const chain = new MtfRecord(stream);
  for (let at = 0; at + recordHeadBytes <= chain.length; ) {
    const length = chain.u32(at + 4);
    if (length < recordHeadBytes || at + length > chain.length) break;
    const tag = chain.ascii(at, 4);
    if (length >= (shortest[tag] ?? Number.POSITIVE_INFINITY)) {
      const records = found[tag as keyof typeof found];
      if (records.length < maxRecords)
        records.push(new MtfRecord(stream.subarray(at, at + length)));
    }
    at += length;
  }
  return { database: found.SCIN.at(-1), filegroups: found.SFGI, files: found.SFIN };
}

/** Reads the data of an MQCI stream as far as its records are whole. */
export function decodeConfiguration(stream: Uint8Array): MtfConfiguration {
  const { database, filegroups, files } = configurationRecords(stream);
  return {
    database: database ? decodeDatabase(database) : {},
    filegroups: filegroupNames(filegroups),
    files: files.map(decodeFileRecord),
  };
}

/**
 * The file list of a set from both configurations. A backup in two passes (SQL Server 2019 and later)
 * counts only the last pass in the final one, so the larger size of both is the file's.
 */
export function listFiles(last: MtfConfiguration, first: MtfConfiguration | undefined): MtfFile[] {
  const before = new Map(first?.files.map((file) => [file.fileId, file.backupSize]));
  return last.files.map((file) => {
    const isGrouped = last.filegroups.has(file.filegroupId);
    return {
      logicalName: file.logicalName,
      physicalName: file.physicalName,
      type: file.type,
      ...(isGrouped && { filegroup: last.filegroups.get(file.filegroupId) ?? '' }),
      size: file.size,
      backupSize: Math.max(file.backupSize, before.get(file.fileId) ?? 0),
    };
  });
}

/** Whether the set whose MQCI stream this is was taken of a database that was damaged then (IsDamaged). */
export function marksDamage(configuration: Uint8Array): boolean {
  const { database } = configurationRecords(configuration);
  return database !== undefined && databaseFields.IsDamaged(database) === 1;
}
