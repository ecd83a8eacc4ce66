// RESTORE HEADERONLY, FILELISTONLY and LABELONLY from the bytes of a backup: the same field names, and only
// fields whose place is proven (docs/mtf.md). What is not known is absent.

import { MtfRecord } from './fields.ts';
import { configurationRecords } from './record/configuration.ts';
import { databaseFields } from './record/database.ts';
import { fileFields, filegroupNames } from './record/file-record.ts';
import { machineName, startFields } from './record/set-start.ts';
import type { Row, Value } from './row.ts';

type Fields = Record<string, Value | undefined>;

/** The blocks of one backup set, as far as they were there. */
export interface SetBlocks {
  /** SSET and VOLB up to their first stream. */
  start: Uint8Array;
  volume?: Uint8Array;
  /** MQCI streams of MSCI and MSLS. */
  first?: Uint8Array;
  last?: Uint8Array;
}

/** HEADERONLY of a set. `provisional`: only what was known when the backup began. */
export function headerRow(set: SetBlocks, compressed: boolean): Row {
  const config = set.last ?? set.first;
  const database = config && configurationRecords(config).database;
  return known({
    ...every(startFields, new MtfRecord(set.start)),
    Compressed: compressed ? 1 : 0,
    ...(set.volume && { MachineName: machineName(new MtfRecord(set.volume)) }),
    ...(database && every(databaseFields, database)),
    ...(config && !set.last && { Provisional: true }),
  });
}

/** FILELISTONLY of a set. */
export function fileRows(set: SetBlocks): Row[] {
  const config = set.last ?? set.first;
  if (!config) return [];
  const { filegroups, files } = configurationRecords(config);
  const groups = filegroupNames(filegroups);
  const before = new Map(
    configurationRecords(set.first ?? config).files.map((file) => [
      fileFields.FileId(file),
      fileFields.BackupSizeInBytes(file) ?? 0,
    ]),
  );
  return files.map((file) => fileRow(file, groups, before));
}

/** LABELONLY. */
export function mediaRow(tape: Uint8Array, raid: Uint8Array | undefined): Row {
  const block = new MtfRecord(tape);
  const set = raid && raid.length >= 26 ? new MtfRecord(raid) : undefined;
  const family = block.u32(52).toString(16).toUpperCase().padStart(8, '0');
  return known({
    MediaSetId: set?.guid(0),
    FamilyCount: set?.u16(20),
    FamilySequenceNumber: set?.u16(24),
    MediaFamilyId: `${family}-0000-0000-0000-000000000000`,
    MediaSequenceNumber: block.u16(60),
    MediaDate: block.date(88),
    SoftwareName: block.text(80),
    SoftwareVendorId: block.u16(86),
    HasMediaPassword: block.u16(76) !== 0,
  });
}

function fileRow(
  file: MtfRecord,
  groups: ReadonlyMap<number, string | undefined>,
  before: ReadonlyMap<number, number>,
): Row {
  const size = fileFields.BackupSizeInBytes(file);
  return known({
    ...every(fileFields, file),
    FileGroupName: groups.get(fileFields.FileGroupId(file)),
    // Two passes count the last one only in the final configuration.
    BackupSizeInBytes:
      size === undefined ? undefined : Math.max(size, before.get(fileFields.FileId(file)) ?? 0),
  });
}

function every(
  fields: Readonly<Record<string, (record: MtfRecord) => Value | undefined>>,
  record: MtfRecord,
): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(record)]));
}

function known(fields: Fields): Row {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Row;
}
