// The configuration of a backup set has no checksum, but stands in it twice: at its start (MSCI) and at its end
// (MSLS). What nobody can change while a backup runs must be the same in both (mtf.md §10). Compared are only fields
// that are so in every real backup looked at; sizes, settings and whatever else may move on meanwhile are left out.
import { fileRows, headerRow, type Row } from './mtf-only-rows.ts';

/** A field of RESTORE HEADERONLY or FILELISTONLY that is one thing at the start of a set and another at its end. */
export interface Disagreement {
  readonly field: string;
  readonly first: string;
  readonly last: string;
}

const headerFields = [
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
];
const fileFields = [
  'LogicalName',
  'PhysicalName',
  'Type',
  'FileId',
  'FileGroupId',
  'FileGroupName',
  'CreateLSN',
  'UniqueId',
  'SourceBlockSize',
];
const none = new Uint8Array(0);

/** `first` and `last` are the MQCI streams of MSCI and MSLS. Never throws for any bytes. */
export function disagreements(first: Uint8Array, last: Uint8Array): Disagreement[] {
  const [begun, ended] = [first, last].map((config) => ({ start: none, last: config }));
  if (!begun || !ended) return [];
  const [before, after] = [fileRows(begun), fileRows(ended)];
  return [
    ...compare(headerFields, headerRow(begun, false), headerRow(ended, false), ''),
    ...differing('files', before.length, after.length),
    ...before.flatMap((row, file) =>
      compare(fileFields, row, after[file] ?? row, ` of file ${file + 1}`),
    ),
  ];
}

/** In one line, for a person. */
export function disagreementWords({ field, first, last }: Disagreement): string {
  return `${field} is ${first} at the start and ${last} at the end`;
}

function compare(fields: readonly string[], first: Row, last: Row, of: string): Disagreement[] {
  return fields.flatMap((field) => differing(`${field}${of}`, first[field], last[field]));
}

function differing(field: string, first: Row[string] | undefined, last: Row[string] | undefined) {
  return first === last ? [] : [{ field, first: quoted(first), last: quoted(last) }];
}

/** For a line of text: control characters of a damaged name are no part of it. */
function quoted(value: Row[string] | undefined): string {
  if (typeof value === 'string') return `"${value.replaceAll(/\p{Cc}/gu, '?')}"`;
  return value === undefined ? 'absent' : String(value);
}
