// The configuration of a backup set has no checksum, but stands in it twice: at its start (MSCI) and at its end
// (MSLS). What nobody can change while a backup runs must be the same in both (docs/mtf.md, "What both configurations
// agree on"). Compared are only fields that are so in every real backup looked at; sizes, settings and whatever else
// may move on meanwhile are left out.
import { printable } from '../../base/printable.ts';
import type { MtfRecord } from '../fields.ts';
import { type ConfigurationRecords, configurationRecords } from '../record/configuration.ts';
import { databaseFields } from '../record/database.ts';
import { fileFields, filegroupNames } from '../record/file-record.ts';
import type { Value } from '../row.ts';

/** A field of RESTORE HEADERONLY or FILELISTONLY that is one thing at the start of a set and another at its end. */
export interface Disagreement {
  readonly field: string;
  readonly first: string;
  readonly last: string;
}

const lastingDatabaseFields = [
  'DatabaseName',
  'ServerName',
  'BackupType',
  'DatabaseVersion',
  'DatabaseCreationDate',
  'BackupStartDate',
  'SortOrder',
  'UnicodeLocaleId',
  'UnicodeComparisonStyle',
  'SoftwareVersionMajor',
  'SoftwareVersionMinor',
  'SoftwareVersionBuild',
  'DatabaseBackupLSN',
  'DifferentialBaseLSN',
  'DifferentialBaseGUID',
  'ForkPointLSN',
  'BindingID',
  'RecoveryForkID',
  'FirstRecoveryForkID',
  'FamilyGUID',
  'HasBackupChecksums',
] as const satisfies (keyof typeof databaseFields)[];
const lastingFileFields = [
  'LogicalName',
  'PhysicalName',
  'Type',
  'FileId',
  'FileGroupId',
  'CreateLSN',
  'UniqueId',
  'SourceBlockSize',
] as const satisfies (keyof typeof fileFields)[];

/** Told of one set: two configurations that have nothing in common disagree in ten thousands of fields. */
const maxDisagreements = 100;

/** The first ones between the MQCI streams of MSCI and MSLS. Never throws for any bytes. */
export function disagreements(first: Uint8Array, last: Uint8Array): Disagreement[] {
  const found: Disagreement[] = [];
  for (const one of allDisagreements(configurationRecords(first), configurationRecords(last))) {
    found.push(one);
    if (found.length === maxDisagreements) break;
  }
  return found;
}

function* allDisagreements(
  before: ConfigurationRecords,
  after: ConfigurationRecords,
): Generator<Disagreement> {
  for (const field of lastingDatabaseFields) {
    const read = (record: MtfRecord | undefined) => record && databaseFields[field](record);
    yield* differing(field, read(before.database), read(after.database));
  }
  yield* differing('files', before.files.length, after.files.length);
  yield* fileDisagreements(before, after);
}

/** In one line, for a person. */
export function disagreementWords({ field, first, last }: Disagreement): string {
  return `${field} is ${first} at the start and ${last} at the end`;
}

function* fileDisagreements(
  before: ConfigurationRecords,
  after: ConfigurationRecords,
): Generator<Disagreement> {
  const [groupBefore, groupAfter] = [filegroupOf(before), filegroupOf(after)];
  for (const [index, first] of before.files.entries()) {
    const last = after.files[index];
    if (!last) return;
    const of = `of file ${index + 1}`;
    for (const field of lastingFileFields)
      yield* differing(`${field} ${of}`, fileFields[field](first), fileFields[field](last));
    yield* differing(`FileGroupName ${of}`, groupBefore(first), groupAfter(last));
  }
}

/** The name of a file's group. */
function filegroupOf({ filegroups }: ConfigurationRecords): (file: MtfRecord) => Value | undefined {
  const names = filegroupNames(filegroups);
  return (file) => names.get(fileFields.FileGroupId(file));
}

function differing(field: string, first: Value | undefined, last: Value | undefined) {
  return first === last ? [] : [{ field, first: quoted(first), last: quoted(last) }];
}

function quoted(value: Value | undefined): string {
  if (typeof value === 'string') return `"${printable(value)}"`;
  return value === undefined ? 'absent' : String(value);
}
