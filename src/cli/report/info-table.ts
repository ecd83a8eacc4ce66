// `info` for people: what matters of a stored backup, a line per fact.

import { formatByteSize } from '../../base/byte-size.ts';
import { printable } from '../../base/printable.ts';
import type { ArchiveInfo, FileInfo, Row, SetInfo } from '../../job/info/info-report.ts';
import { oneLine } from './output.ts';

const forms: Readonly<Record<FileInfo['form'], string>> = {
  archive: 'archive of vdibackup',
  zstd: 'zstd file of a native backup',
  mtf: 'native backup',
  mssqlbak: 'native backup, compressed by SQL Server',
};

type Line = readonly [label: string, value: string | undefined];

export function infoTable({
  file,
  form,
  storedBytes,
  rawBytes,
  archive,
  media,
  sets,
  damagedDatabase,
  unknown,
  moreSets,
}: FileInfo): string {
  const size =
    rawBytes === undefined || rawBytes === storedBytes
      ? ''
      : `, ${formatByteSize(rawBytes)} native`;
  const lines: Line[] = [
    ['form', `${forms[form]}, ${formatByteSize(storedBytes)}${size}`],
    ...(archive ? archiveLines(archive) : []),
    ...(media ? mediaLines(media, archive !== undefined) : []),
    ['unknown', unknown],
    ['damage', damagedDatabase && 'taken of a damaged database: it went on after an error'],
  ];
  const rest = moreSets ? ['', '  more may follow: vdibackup verify reads and counts all'] : [];
  const text = [`${oneLine(file)}`, ...table(lines), ...sets.flatMap(setText), ...rest];
  // Names come from the file: a terminal shall not obey them.
  return `${text.map(printable).join('\n')}\n`;
}

const stateWords: Readonly<Record<ArchiveInfo['state'], string>> = {
  finished: 'finished',
  unfinished: 'unfinished',
  sealed: 'sealed, but not confirmed by SQL Server: vdibackup finish asks it',
};

function archiveLines(archive: ArchiveInfo): Line[] {
  const { state, flaw, setId, stripe, stripes, compression, started, finished } = archive;
  const copy = archive.isCopyOnly ? ', copy-only' : '';
  return [
    ['state', flaw ? `${state}: ${flaw}` : stateWords[state]],
    ['set', `${setId}, stripe ${stripe} of ${stripes}`],
    ['backup', `${archive.database} on ${archive.server}, ${archive.type}${copy}`],
    ['run', `${started}${finished ? ` to ${finished}` : ''}, vdibackup ${archive.toolVersion}`],
    ['stored', `${compression}, frames of ${formatByteSize(archive.frameSize)}`],
    ['sizes', `block ${archive.blockSize}, transfer ${archive.transferSize}`],
  ];
}

function mediaLines(media: Row, inArchive: boolean): Line[] {
  const { MediaSetId, FamilySequenceNumber, FamilyCount, HasMediaPassword } = media;
  return [
    [
      'media',
      !inArchive && MediaSetId !== undefined
        ? `${MediaSetId}, stripe ${FamilySequenceNumber} of ${FamilyCount}`
        : undefined,
    ],
    ['password', HasMediaPassword ? 'the media has one' : undefined],
  ];
}

function setText({ header, files, disagreements = [] }: SetInfo): string[] {
  const damage = disagreements.map(
    ({ field, first, last }): Line => [
      'DAMAGED',
      `${field}: ${first} at its start, ${last} at its end`,
    ],
  );
  return ['', ...table([...setLines(header), ...damage]), ...files.map(fileText)];
}

function setLines(set: Row): Line[] {
  const say = (name: string) => (set[name] === undefined ? undefined : String(set[name]));
  const version = ['Major', 'Minor', 'Build'].map((part) => set[`SoftwareVersion${part}`]);
  const flags = [
    set.Compressed === 1 ? 'compressed' : '',
    set.HasBackupChecksums === 1 ? 'with checksums' : '',
    set.Provisional ? 'as it began: its end was not read' : '',
  ].filter(Boolean);
  return [
    ['position', say('Position')],
    ['name', say('BackupName')],
    ['description', say('BackupDescription')],
    ['database', say('DatabaseName')],
    ['server', say('ServerName')],
    ['type', [say('BackupTypeDescription'), ...flags].filter(Boolean).join(', ')],
    ['start', zoned(say('BackupStartDate'), set.TimeZoneMinutes)],
    ['finish', zoned(say('BackupFinishDate'), set.TimeZoneMinutes)],
    ['size', typeof set.BackupSize === 'number' ? formatByteSize(set.BackupSize) : undefined],
    ['first LSN', say('FirstLSN')],
    ['last LSN', say('LastLSN')],
    ['checkpoint LSN', say('CheckpointLSN')],
    ['database backup LSN', say('DatabaseBackupLSN')],
    ['differential base', say('DifferentialBaseLSN')],
    ['recovery fork', say('RecoveryForkID')],
    ['recovery model', say('RecoveryModel')],
    ['SQL Server', version.every((part) => part !== undefined) ? version.join('.') : undefined],
    ['compatibility', say('CompatibilityLevel')],
    ['backup set', say('BackupSetGUID')],
  ];
}

/** A time of the server with its offset from UTC, `+02:00`, where the backup says it. */
function zoned(time: string | undefined, minutes: unknown): string | undefined {
  if (time === undefined || typeof minutes !== 'number') return time;
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return `${time}${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
}

function fileText({ LogicalName, PhysicalName, Type, FileGroupName, Size }: Row): string {
  const size = typeof Size === 'number' ? formatByteSize(Size) : '';
  const group = FileGroupName === undefined ? '' : ` [${FileGroupName}]`;
  return oneLine(`file ${Type ?? '?'} ${LogicalName}${group} ${size} ${PhysicalName}`).replace(
    /^/,
    '  ',
  );
}

function table(lines: readonly Line[]): string[] {
  return lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value]) => `  ${label.padEnd(20)} ${oneLine(value ?? '')}`);
}
