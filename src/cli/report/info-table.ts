// `info` for people: what matters of a stored backup, a line per fact.

import { formatByteSize } from '../../base/byte-size.js';
import type { ArchiveInfo, FileInfo, Row, SetInfo } from '../../job/info/info-report.js';
import { printable } from '../../printable.js';
import { oneLine } from './output.js';

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
  ];
  const rest = moreSets ? ['', '  more may follow: vdibackup verify reads and counts all'] : [];
  const text = [`${oneLine(file)}`, ...table(lines), ...sets.flatMap(setText), ...rest];
  // Names come from the file: a terminal shall not obey them.
  return `${text.map(printable).join('\n')}\n`;
}

function archiveLines(archive: ArchiveInfo): Line[] {
  const { state, flaw, setId, stripe, stripes, compression, started, finished } = archive;
  const copy = archive.isCopyOnly ? ', copy-only' : '';
  return [
    ['state', flaw ? `${state}: ${flaw}` : state],
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
    ['start', say('BackupStartDate')],
    ['finish', say('BackupFinishDate')],
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
