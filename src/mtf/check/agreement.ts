// The configuration of a backup set has no checksum, but stands in it twice: at its start (MSCI) and at its end
// (MSLS). What nobody can change while a backup runs must be the same in both (mtf.md §10). Compared are only fields
// that are so in every real backup looked at; sizes, settings and whatever else may move on meanwhile are left out.
import { printable } from '../../printable.js';
import type { MtfRecord } from '../fields.js';
import type { Value } from '../only-rows.js';
import { type ConfigurationRecords, configurationRecords } from '../record/configuration.js';
import { databaseFields } from '../record/database.js';
import { fileFields, filegroupNames } from '../record/file-record.js';

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

/** `first` and `last` are the MQCI streams of MSCI and MSLS. Never throws for any bytes. */
export function disagreements(first: Uint8Array, last: Uint8Array): Disagreement[] {
  const [before, after] = [configurationRecords(first), configurationRecords(last)];
  return [
    ...lastingDatabaseFields.flatMap((field) => {
      const read = (record: MtfRecord | undefined) => record && databaseFields[field](record);
      return differing(field, read(before.database), read(after.database));
    }),
    ...differing('files', before.files.length, after.files.length),
    ...fileDisagreements(before, after),
  ];
}

/** In one line, for a person. */
export function disagreementWords({ field, first, last }: Disagreement): string {
  return `${field} is ${first} at the start and ${last} at the end`;
}

function fileDisagreements(
  before: ConfigurationRecords,
  after: ConfigurationRecords,
): Disagreement[] {
  const [groupBefore, groupAfter] = [filegroupOf(before), filegroupOf(after)];
  return before.files.flatMap((first, index) => {
    const last = after.files[index];
    if (!last) return [];
    const of = `of file ${index + 1}`;
    return [
      ...lastingFileFields.flatMap((field) =>
        differing(`${field} ${of}`, fileFields[field](first), fileFields[field](last)),
      ),
      ...differing(`FileGroupName ${of}`, groupBefore(first), groupAfter(last)),
    ];
  });
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
