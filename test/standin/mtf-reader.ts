// Reads an MTF stream the way RESTORE does: block by block, every header checksum checked, payload skipped.

import { headerChecksum, sectorChecksum } from './mtf-checksum.ts';
import type { Lsn } from './mtf-configuration.ts';

/** Random access to the bytes of a stream; may give fewer bytes at its end. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

export interface MtfFile {
  readonly logicalName: string;
  readonly physicalName: string;
  readonly kind: number;
  readonly fileId: number;
  readonly filegroupId: number;
  readonly size: number;
  readonly maxSize: bigint;
  readonly backedUp: number;
  readonly blockSize: number;
  readonly uniqueId: string | null;
  readonly differentialBaseLsn: bigint | null;
  readonly differentialBaseId: string | null;
}

export interface MtfLabel {
  readonly familyId: number;
  readonly mediaSetId: string | null;
  readonly familyCount: number;
  readonly familySequence: number;
  readonly softwareName: string;
  readonly vendorId: number;
  readonly written: Date | null;
  readonly blockSize: number;
}

export interface BackupSet {
  readonly backupName: string | null;
  readonly userName: string | null;
  readonly setId: string | null;
  readonly position: number;
}

export interface MtfContent {
  /** `complete`, or why not. */
  readonly state: 'complete' | 'truncated' | 'corrupt' | 'not-mtf' | 'compressed' | 'empty';
  readonly length: number;
  readonly label: MtfLabel | undefined;
  readonly set: BackupSet | undefined;
  readonly machineName: string | null;
  /** The SCIN record; final when the end was reached. */
  readonly scin: Buffer | undefined;
  readonly files: readonly MtfFile[];
  readonly blocks: readonly string[];
  /** Every backup set that begins in it. */
  readonly sets: readonly MtfSetContent[];
}

export interface MtfSetContent {
  /** The SCIN record, the last one seen. */
  scin: Buffer | undefined;
  /** Streams whose backup checksum does not fit; counted only when asked for. */
  badChecksums: number;
}

const blockHeaderBytes = 52;
const streamHeaderBytes = 22;
const largestBody = 8192;
/** What a filemark of this size says of it does not fit into 16 bits. */
const largestBlock = 65_536;
const largestConfiguration = 1024 * 1024;
/** Zero bytes before the pages or log blocks of a stream, which its checksum leaves out. */
const leadBytes = 2;
const readSize = 4 * 1024 * 1024;

/** `checksums`: the payload is read as well, where it has a backup checksum. */
export async function readMtf(read: ReadAt, checksums = false): Promise<MtfContent> {
  return new MtfWalk(read, checksums).walk();
}

interface Extent {
  readonly data: number;
  readonly length: number;
}

class MtfWalk {
  readonly #read: ReadAt;
  #position = 0;
  #blocks: string[] = [];
  #label: MtfLabel | undefined;
  #set: BackupSet | undefined;
  #machine: string | null = null;
  #scin: Buffer | undefined;
  #files: MtfFile[] = [];
  readonly #sets: MtfSetContent[] = [];
  readonly #checksums: boolean;

  constructor(read: ReadAt, checksums: boolean) {
    this.#read = read;
    this.#checksums = checksums;
  }

  async walk(): Promise<MtfContent> {
    const start = await this.#read(0, 8);
    if (start.length === 0) return this.#content('empty');
    if (start.toString('latin1') === 'MSSQLBAK') return this.#content('compressed');
    if (start.toString('latin1', 0, 4) !== 'TAPE') return this.#content('not-mtf');
    for (;;) {
      const state = await this.#block();
      if (state) return this.#content(state);
    }
  }

  async #block(): Promise<MtfContent['state'] | undefined> {
    const body = await this.#read(this.#position, largestBody);
    if (body.length === 0) return this.#endState();
    if (body.length < blockHeaderBytes) return 'truncated';
    if (headerChecksum(body.subarray(0, 50)) !== body.readUInt16LE(50)) return 'corrupt';
    const type = body.toString('latin1', 0, 4);
    this.#blocks.push(type);
    const first = body.readUInt16LE(8);
    if (type === 'SFMB') return this.#skipFilemark(first || largestBlock);
    this.#understand(type, body);
    return this.#streams(this.#position + first, body);
  }

  async #skipFilemark(size: number): Promise<MtfContent['state'] | undefined> {
    const last = await this.#read(this.#position + size - 1, 1);
    this.#position += size;
    return last.length === 0 ? 'truncated' : undefined;
  }

  async #streams(start: number, body: Buffer): Promise<MtfContent['state'] | undefined> {
    let payload: Extent | undefined;
    for (let at = start; ; ) {
      const header = await this.#read(at, streamHeaderBytes);
      if (header.length < streamHeaderBytes) return 'truncated';
      if (headerChecksum(header.subarray(0, 20)) !== header.readUInt16LE(20)) return 'corrupt';
      const id = header.toString('latin1', 0, 4);
      const length = Number(header.readBigUInt64LE(8));
      const data = at + streamHeaderBytes;
      if (length > 0 && (await this.#read(data + length - 1, 1)).length === 0) return 'truncated';
      if (id === 'MQCI')
        this.#configuration(await this.#read(data, Math.min(length, largestConfiguration)));
      if (id === 'RAID') this.#raid(await this.#read(data, length), body);
      payload = await this.#payload(id, { data, length }, payload);
      if (id === 'SPAD') {
        this.#position = data + length;
        return undefined;
      }
      at = data + Math.ceil((streamHeaderBytes + length) / 4) * 4 - streamHeaderBytes;
    }
  }

  /** The pages or log blocks that a checksum further on is about. */
  async #payload(id: string, extent: Extent, before: Extent | undefined) {
    if (id === 'CSUM' && before) await this.#check(before, await this.#read(extent.data, 4));
    return /^MQ(DA|TL)$/.test(id) && extent.length > leadBytes ? extent : before;
  }

  async #check({ data, length }: Extent, checksum: Buffer): Promise<void> {
    const set = this.#sets.at(-1);
    if (!this.#checksums || !set) return;
    let sum = 0;
    for (let at = data + leadBytes; at < data + length; at += readSize)
      sum = sectorChecksum(await this.#read(at, Math.min(readSize, data + length - at)), sum);
    if (sum !== checksum.readUInt32LE(0)) set.badChecksums += 1;
  }

  #understand(type: string, body: Buffer): void {
    if (type === 'SSET') {
      this.#sets.push({ scin: undefined, badChecksums: 0 });
      this.#set = {
        backupName: text(body, 64),
        userName: text(body, 76),
        setId: guid(body, 100),
        position: body.readUInt16LE(62),
      };
    } else if (type === 'VOLB') {
      this.#machine = text(body, 64);
    }
  }

  #raid(raid: Buffer, body: Buffer): void {
    this.#label = {
      familyId: body.readUInt32LE(52),
      mediaSetId: guid(raid, 0),
      familyCount: raid.readUInt16LE(20),
      familySequence: raid.readUInt16LE(24),
      softwareName: text(body, 80) ?? '',
      vendorId: body.readUInt16LE(86),
      written: date(body, 88),
      blockSize: body.readUInt16LE(64) * 512,
    };
  }

  #configuration(mqci: Buffer): void {
    const files: MtfFile[] = [];
    for (const [tag, record] of records(mqci)) {
      if (tag === 'SCIN') this.#scin = record;
      if (tag === 'SFIN') files.push(parseFile(record));
    }
    this.#files = files;
    const set = this.#sets.at(-1);
    if (set) set.scin = this.#scin;
  }

  #endState(): MtfContent['state'] {
    const tail = this.#blocks.slice(-3).join(' ');
    return tail === 'ESET ESET SFMB' ? 'complete' : 'truncated';
  }

  #content(state: MtfContent['state']): MtfContent {
    return {
      state,
      length: this.#position,
      label: this.#label,
      set: this.#set,
      machineName: this.#machine,
      scin: this.#scin,
      files: this.#files,
      blocks: this.#blocks,
      sets: this.#sets,
    };
  }
}

function* records(mqci: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at + 8 <= mqci.length; ) {
    const length = mqci.readUInt32LE(at + 4);
    if (length < 8 || at + length > mqci.length) return;
    yield [mqci.toString('latin1', at, at + 4), mqci.subarray(at, at + length)];
    at += length;
  }
}

function parseFile(record: Buffer): MtfFile {
  return {
    logicalName: text(record, 48) ?? '',
    physicalName: text(record, 52) ?? '',
    kind: record.readUInt16LE(28),
    fileId: record.readUInt16LE(20),
    filegroupId: record.readUInt32LE(36),
    size: Number(record.readBigUInt64LE(40)),
    maxSize: record.readBigUInt64LE(86),
    backedUp: Number(record.readBigUInt64LE(250)),
    blockSize: record.readUInt32LE(32),
    uniqueId: guid(record, 186),
    differentialBaseLsn: lsn(record, 158),
    differentialBaseId: guid(record, 170),
  };
}

export function text(bytes: Buffer, at: number): string | null {
  const size = bytes.readUInt16LE(at);
  const start = bytes.readUInt16LE(at + 2);
  if (size === 0 || start + size > bytes.length) return null;
  return bytes.toString('utf16le', start, start + size).replace(/\0+$/, '');
}

export function guid(bytes: Buffer, at: number): string | null {
  const raw = bytes.subarray(at, at + 16);
  if (raw.every((byte) => byte === 0)) return null;
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const hex = Buffer.from(order.map((index) => raw[index] ?? 0))
    .toString('hex')
    .toUpperCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The decimal form that RESTORE HEADERONLY prints. */
export function lsn(bytes: Buffer, at: number): bigint | null {
  const parts: Lsn = {
    file: bytes.readUInt32LE(at),
    block: bytes.readUInt32LE(at + 4),
    slot: bytes.readUInt16LE(at + 8),
  };
  const value =
    BigInt(parts.file) * 10n ** 15n + BigInt(parts.block) * 10n ** 5n + BigInt(parts.slot);
  return value === 0n ? null : value;
}

export function date(bytes: Buffer, at: number): Date | null {
  const bits = BigInt(`0x${bytes.subarray(at, at + 5).toString('hex')}`);
  if (bits === 0n) return null;
  const field = (shift: bigint, width: bigint) => Number((bits >> shift) & ((1n << width) - 1n));
  return new Date(
    field(26n, 14n),
    field(22n, 4n) - 1,
    field(17n, 5n),
    field(12n, 5n),
    field(6n, 6n),
    field(0n, 6n),
  );
}
