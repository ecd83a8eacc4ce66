// The MQCI stream of a generated backup: SCIN (the backup), SFGI (its filegroup), SFIN (its files).
import { guidBytes } from './column-codec.ts';
import { mtfDate } from './mtf-block.ts';

export interface Lsn {
  readonly file: number;
  readonly block: number;
  readonly slot: number;
}

export type MtfBackupType = 'full' | 'diff' | 'log';

export interface MtfDescription {
  readonly type: MtfBackupType;
  readonly databaseName: string;
  readonly serverName: string;
  readonly machineName: string;
  readonly userName: string;
  readonly backupName: string;
  /** major.minor.build as numbers. */
  readonly version: readonly number[];
  readonly databaseId: number;
  readonly compatibilityLevel: number;
  readonly simple: boolean;
  readonly checksums: boolean;
  /** Damage was met, and the backup went on (CONTINUE_AFTER_ERROR). */
  readonly damaged?: boolean;
  readonly setId: string;
  readonly recoveryFork: string;
  /** The fork that was left to begin `recoveryFork`, and where. */
  readonly leftFork?: { readonly id: string; readonly point: Lsn };
  readonly baseSetId: string | undefined;
  /** Log backups taken of the database before this one: each takes its log further. */
  readonly logsBefore: number;
  readonly created: Date;
  readonly started: Date;
  readonly finished: Date;
  readonly folder: string;
  readonly transferSize: number;
}

export interface MtfSizes {
  readonly dataBytes: number;
  readonly logBytes: number;
  readonly backupSize: number;
}

const baseLsn: Lsn = { file: 36, block: 96, slot: 33 };

type LogPlace = Pick<MtfDescription, 'type' | 'logsBefore'>;

/** The end of a backup in msdb: file, block and slot in 10, 10 and 5 digits. */
export function lastLsnOf(place: LogPlace): bigint {
  return numericLsn(lsnsOf(place).last);
}

/** Where the first log backup of a database begins. */
export const firstLogLsn = numericLsn(lsnsOf({ type: 'log', logsBefore: 0 }).first);

function numericLsn({ file, block, slot }: Lsn): bigint {
  return (BigInt(file) * 10n ** 10n + BigInt(block)) * 10n ** 5n + BigInt(slot);
}

/** A log begins where the one before it ended. */
function lsnsOf({ type, logsBefore }: LogPlace): { first: Lsn; last: Lsn } {
  const file = 37 + logsBefore;
  const reached = { file, block: 152, slot: 1 };
  if (type === 'log') return { first: reached, last: { ...reached, file: file + 1 } };
  return { first: { file, block: 128, slot: 36 }, last: reached };
}

const fixedScinBytes = 400;
const fixedSfgiBytes = 224;
const fixedSfinBytes = 1026;
const unlimitedData = 35_184_372_080_640n;
const unlimitedLog = 2_199_023_255_552n;
const databaseVersions: Readonly<Record<number, number>> = {
  11: 706,
  12: 782,
  13: 852,
  14: 869,
  15: 904,
  16: 957,
  17: 998,
};

/** `final` is the copy at the end (MSLS): only it knows the finish date. */
export function mqci(description: MtfDescription, sizes: MtfSizes, final: boolean): Buffer {
  const parts = [scin(description, sizes, final), primaryFilegroup()];
  const dataFile = { id: 1, kind: 1, suffix: '', extension: '.mdf', limit: unlimitedData };
  const logFile = { id: 2, kind: 2, suffix: '_log', extension: '.ldf', limit: unlimitedLog };
  parts.push(
    sfin(description, dataFile, sizes.dataBytes),
    sfin(description, logFile, sizes.logBytes),
  );
  return Buffer.concat(parts);
}

class MtfRecord {
  readonly #fixed: Buffer;
  #strings = Buffer.alloc(0);

  constructor(tag: string, fixedBytes: number) {
    this.#fixed = Buffer.alloc(fixedBytes);
    this.#fixed.write(tag, 0, 'latin1');
  }

  u8(at: number, value: number): this {
    this.#fixed.writeUInt8(value, at);
    return this;
  }

  u16(at: number, value: number): this {
    this.#fixed.writeUInt16LE(value, at);
    return this;
  }

  u32(at: number, value: number): this {
    this.#fixed.writeUInt32LE(value >>> 0, at);
    return this;
  }

  u64(at: number, value: number | bigint): this {
    this.#fixed.writeBigUInt64LE(BigInt(value), at);
    return this;
  }

  lsn(at: number, { file, block, slot }: Lsn): this {
    return this.u32(at, file)
      .u32(at + 4, block)
      .u16(at + 8, slot);
  }

  guid(at: number, text: string): this {
    this.#fixed.set(guidBytes(text), at);
    return this;
  }

  date(at: number, date: Date): this {
    this.#fixed.set(mtfDate(date), at);
    return this;
  }

  text(at: number, value: string): this {
    const encoded = Buffer.from(value, 'utf16le');
    this.u16(at, encoded.length).u16(at + 2, this.#fixed.length + this.#strings.length);
    this.#strings = Buffer.concat([this.#strings, encoded]);
    return this;
  }

  toBuffer(): Buffer {
    this.u32(4, this.#fixed.length + this.#strings.length);
    return Buffer.concat([this.#fixed, this.#strings]);
  }
}

const typeLetters = { full: 'D', diff: 'I', log: 'L' } as const;

/** HEADERONLY's Flags. Damage is met on the way: only the copy at the end can tell. */
function flagsOf({ checksums, damaged, type }: MtfDescription, final: boolean): number {
  const [withChecksums, isDamaged] = [checksums ? 0x10 : 0, damaged && final ? 0x20 : 0];
  return 0x200 | withChecksums | isDamaged | (type === 'diff' ? 0x800 : 0);
}

function scin(description: MtfDescription, sizes: MtfSizes, final: boolean): Buffer {
  const { type, version, recoveryFork } = description;
  const { first, last } = lsnsOf(description);
  const [major = 0, minor = 0, build = 0] = version;
  const record = new MtfRecord('SCIN', fixedScinBytes)
    .u32(8, flagsOf(description, final))
    .u32(12, 1)
    .u32(16, 1)
    .u32(24, (major << 24) | (minor << 16) | build)
    .u32(28, 9)
    .lsn(32, first)
    .lsn(42, last)
    .lsn(52, first)
    .lsn(62, baseLsn)
    .date(72, description.created)
    .date(77, description.started)
    .u8(87, typeLetters[type].charCodeAt(0))
    .u8(88, 52)
    .u16(89, 1)
    .u8(91, description.compatibilityLevel)
    .u16(92, description.databaseId)
    .u16(94, databaseVersions[major] ?? 957)
    .u64(96, sizes.backupSize)
    .u32(116, 1033)
    .u32(120, 196_609)
    .guid(124, recoveryFork)
    .lsn(144, last)
    .guid(156, recoveryFork)
    .guid(224, description.leftFork?.id ?? recoveryFork)
    .u32(216, 0x00d0_0409)
    .u32(220, 52)
    .u32(240, description.transferSize)
    .u32(244, 0x0001_0000 | (description.simple ? 8 : 0))
    .u64(344, sizes.backupSize);
  const { leftFork } = description;
  if (leftFork) record.lsn(172, leftFork.point).guid(184, leftFork.id);
  if (final) record.date(82, description.finished);
  if (!description.simple) record.lsn(248, baseLsn);
  if (description.baseSetId) record.guid(200, description.baseSetId);
  if (type === 'diff' && description.baseSetId)
    record.lsn(260, baseLsn).guid(272, description.baseSetId);
  return record.text(104, description.databaseName).text(108, description.serverName).toBuffer();
}

function primaryFilegroup(): Buffer {
  return new MtfRecord('SFGI', fixedSfgiBytes)
    .u32(8, 0x10)
    .u32(12, 1)
    .text(16, 'PRIMARY')
    .toBuffer();
}

interface DatabaseFile {
  id: number;
  kind: number;
  suffix: string;
  extension: string;
  limit: bigint;
}

function sfin(description: MtfDescription, file: DatabaseFile, backedUp: number): Buffer {
  const { first, last } = lsnsOf(description);
  const isData = file.kind === 1;
  const name = `${description.databaseName}${file.suffix}`;
  const size = Math.max(8 * 1024 * 1024, Math.ceil(backedUp / 1_048_576) * 1_048_576);
  const record = new MtfRecord('SFIN', fixedSfinBytes)
    .u32(8, isData ? 0x84 : 0x0c)
    .u32(16, 8192)
    .u16(20, file.id)
    .u32(24, Math.min(0xffff_ffff, backedUp / 8192))
    .u16(28, file.kind)
    .u32(32, 512)
    .u32(36, isData ? 1 : 0)
    .u64(40, size)
    .u64(86, file.limit)
    .u64(114, size)
    .guid(186, description.recoveryFork.replace(/^.{8}/, `0000000${file.id}`))
    .lsn(202, first)
    .lsn(218, last)
    .lsn(234, first)
    .u64(250, backedUp);
  if (isData && description.baseSetId) {
    record.lsn(158, baseLsn).guid(170, description.baseSetId);
  }
  return record.text(48, name).text(52, `${description.folder}${name}${file.extension}`).toBuffer();
}
