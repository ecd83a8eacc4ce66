// The MQCI stream: the configuration of a backup set, written provisionally at its start (block MSCI) and
// finally at its end (MSLS). A chain of records: tag[4], u32 length of the record, fields.
import { decodeDatabase } from './mtf-database.ts';
import type { MtfFile, MtfSet } from './mtf-facts.ts';
import { MtfRecord } from './mtf-fields.ts';
import {
  decodeFilegroup,
  decodeFileRecord,
  type MtfFilegroup,
  type MtfFileRecord,
} from './mtf-file-record.ts';

const recordHeadBytes = 8;

export interface MtfConfiguration {
  readonly database: MtfSet;
  readonly filegroups: readonly MtfFilegroup[];
  readonly files: readonly MtfFileRecord[];
}

/** Reads the data of an MQCI stream as far as its records are whole. */
export function decodeConfiguration(stream: Uint8Array): MtfConfiguration {
  let database: MtfSet = {};
  const filegroups: MtfFilegroup[] = [];
  const files: MtfFileRecord[] = [];
  for (const { tag, bytes } of records(stream)) {
    if (tag === 'SCIN') database = decodeDatabase(bytes);
    const filegroup = tag === 'SFGI' ? decodeFilegroup(bytes) : undefined;
    if (filegroup) filegroups.push(filegroup);
    const file = tag === 'SFIN' ? decodeFileRecord(bytes) : undefined;
    if (file) files.push(file);
  }
  return { database, filegroups, files };
}

/**
 * The file list of a set from both configurations. A backup in two passes (SQL Server 2019 and later)
 * counts only the last pass in the final one, so the larger size of both is the file's.
 */
export function listFiles(last: MtfConfiguration, first: MtfConfiguration | undefined): MtfFile[] {
  const names = new Map(last.filegroups.map(({ id, name }) => [id, name]));
  const before = new Map(first?.files.map((file) => [file.fileId, file.backupSize]));
  return last.files.map((file) => {
    const filegroup = names.get(file.filegroupId);
    return {
      logicalName: file.logicalName,
      physicalName: file.physicalName,
      type: file.type,
      ...(filegroup !== undefined && { filegroup }),
      size: file.size,
      backupSize: Math.max(file.backupSize, before.get(file.fileId) ?? 0),
    };
  });
}

function* records(stream: Uint8Array): Generator<{ tag: string; bytes: Uint8Array }> {
  const chain = new MtfRecord(stream);
  let at = 0;
  while (at + recordHeadBytes <= chain.length) {
    const length = chain.u32(at + 4);
    if (length < recordHeadBytes || at + length > chain.length) return;
    yield { tag: chain.ascii(at, 4), bytes: stream.subarray(at, at + length) };
    at += length;
  }
}
