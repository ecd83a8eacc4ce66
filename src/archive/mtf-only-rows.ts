// RESTORE HEADERONLY, FILELISTONLY and LABELONLY from the bytes of a backup: the same field names, and only
// fields whose place is proven (mtf.md §12). What is not known is absent.
import { MtfRecord } from './mtf-fields.ts';

export type Row = Readonly<Record<string, string | number | boolean>>;
type Fields = Record<string, string | number | boolean | undefined>;

/** The blocks of one backup set, as far as they were there. */
export interface SetBlocks {
  /** SSET and VOLB up to their first stream. */
  start: Uint8Array;
  volume?: Uint8Array;
  /** MQCI streams of MSCI and MSLS. */
  first?: Uint8Array;
  last?: Uint8Array;
}

const zoneUnknown = 127;
const backupTypes: Readonly<Record<string, readonly [number, string]>> = {
  D: [1, 'Database'],
  L: [2, 'Transaction Log'],
  F: [4, 'File'],
  I: [5, 'Database Differential'],
  G: [6, 'File Differential'],
  P: [7, 'Partial'],
  Q: [8, 'Partial Differential'],
};
const fileTypes: Readonly<Record<number, string>> = { 1: 'D', 2: 'L' };
const checksumFlag = 0x10;

/** HEADERONLY of a set. `provisional`: only what was known when the backup began. */
export function headerRow(set: SetBlocks, compressed: boolean): Row {
  const config = set.last ?? set.first;
  const scin = config && recordsOf(config).find(({ tag }) => tag === 'SCIN');
  return known({
    ...startFields(new MtfRecord(set.start)),
    Compressed: compressed ? 1 : 0,
    ...(set.volume && { MachineName: new MtfRecord(set.volume).text(64) }),
    ...(scin && databaseFields(new MtfRecord(scin.bytes))),
    ...(config && !set.last && { Provisional: true }),
  });
}

/** FILELISTONLY of a set. */
export function fileRows(set: SetBlocks): Row[] {
  const config = set.last ?? set.first;
  if (!config) return [];
  const records = recordsOf(config);
  const groups = new Map<number, string | undefined>();
  for (const { tag, bytes } of records) {
    if (tag !== 'SFGI') continue;
    const group = new MtfRecord(bytes);
    groups.set(group.u32(12), group.text(16));
  }
  const before = new Map(
    filesOf(recordsOf(set.first ?? config)).map((file) => [file.u16(20), file.u64(250) ?? 0]),
  );
  return filesOf(records).map((file) => fileRow(file, groups, before));
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

function startFields(start: MtfRecord): Fields {
  const zone = start.i8(95);
  return {
    BackupName: start.text(64),
    BackupDescription: start.text(68),
    Position: start.u16(62),
    UserName: start.text(76),
    SoftwareVendorId: start.u16(60),
    BackupSetGUID: start.u16(44) >= 16 ? start.guid(start.u16(46)) : undefined,
    TimeZoneMinutes: zone === zoneUnknown ? undefined : zone * 15,
  };
}

function databaseFields(scin: MtfRecord): Fields {
  const version = scin.u32(24);
  const letter = scin.ascii(87, 1);
  const [type, typeName] = backupTypes[letter] ?? [];
  const flags = scin.u32(8);
  const status = scin.u32(244);
  return {
    BackupType: type,
    BackupTypeDescription: typeName,
    ServerName: scin.text(108),
    DatabaseName: scin.text(104),
    DatabaseVersion: scin.u16(94),
    DatabaseCreationDate: scin.date(72),
    BackupSize: scin.u64(96),
    ...lsnFields(scin),
    BackupStartDate: scin.date(77),
    BackupFinishDate: scin.date(82),
    SortOrder: scin.u8(88),
    UnicodeLocaleId: scin.u32(116),
    UnicodeComparisonStyle: scin.u32(120),
    CompatibilityLevel: scin.u8(91),
    SoftwareVersionMajor: version >>> 24,
    SoftwareVersionMinor: (version >>> 16) & 255,
    SoftwareVersionBuild: version & 0xffff,
    Flags: flags,
    HasBackupChecksums: (flags & checksumFlag) === 0 ? 0 : 1,
    RecoveryModel: (status & 8) !== 0 ? 'SIMPLE' : (status & 4) !== 0 ? 'BULK-LOGGED' : 'FULL',
    // Behind the strings of older versions there is no such field.
    CompressedBackupSize: Math.min(scin.u16(106), scin.u16(110)) >= 352 ? scin.u64(344) : undefined,
  };
}

function lsnFields(scin: MtfRecord): Fields {
  const fork = scin.guid(156);
  return {
    FirstLSN: scin.lsn(32),
    LastLSN: scin.lsn(42),
    CheckpointLSN: scin.lsn(52),
    DatabaseBackupLSN: scin.lsn(62) ?? '0',
    BindingID: scin.guid(124),
    RecoveryForkID: fork,
    FirstRecoveryForkID: scin.guid(184) ?? fork,
    ForkPointLSN: scin.lsn(172),
    FamilyGUID: scin.guid(224),
    DifferentialBaseLSN: scin.lsn(260),
    DifferentialBaseGUID: scin.guid(272),
  };
}

function fileRow(
  file: MtfRecord,
  groups: ReadonlyMap<number, string | undefined>,
  before: ReadonlyMap<number, number>,
): Row {
  const id = file.u16(20);
  const size = file.u64(250);
  return known({
    LogicalName: file.text(48),
    PhysicalName: file.text(52),
    Type: fileTypes[file.u16(28)],
    FileGroupName: groups.get(file.u32(36)),
    Size: file.u64(40),
    MaxSize: file.u64(86),
    FileId: id,
    CreateLSN: file.lsn(138) ?? '0',
    UniqueId: file.guid(186),
    // Two passes count the last one only in the final configuration.
    BackupSizeInBytes: size === undefined ? undefined : Math.max(size, before.get(id) ?? 0),
    SourceBlockSize: file.u32(32),
    FileGroupId: file.u32(36),
    DifferentialBaseLSN: file.lsn(158),
    DifferentialBaseGUID: file.guid(170),
  });
}

function filesOf(records: readonly { tag: string; bytes: Uint8Array }[]): MtfRecord[] {
  return records.filter(({ tag }) => tag === 'SFIN').map(({ bytes }) => new MtfRecord(bytes));
}

function recordsOf(stream: Uint8Array): { tag: string; bytes: Uint8Array }[] {
  const chain = new MtfRecord(stream);
  const found: { tag: string; bytes: Uint8Array }[] = [];
  for (let at = 0; at + 8 <= chain.length; ) {
    const length = chain.u32(at + 4);
    if (length < 8 || at + length > chain.length) break;
    found.push({ tag: chain.ascii(at, 4), bytes: stream.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function known(fields: Fields): Row {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Row;
}
