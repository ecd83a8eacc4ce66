// A structurally valid SQL Server backup stream of any size, as a head, a block of pages to repeat, and a tail.
// Pure: nothing is written here. Order of blocks: TAPE SFMB SSET VOLB MSCI MSDA MSTL MSLS SFMB ESET ESET SFMB.

import { guidBytes } from './column-codec.ts';
import {
  type BlockPlace,
  MtfBlock,
  mtfDate,
  stream,
  streamHeader,
  streamHeaderBytes,
} from './mtf-block.ts';
import { sectorChecksum } from './mtf-checksum.ts';
import { type MtfDescription, type MtfSizes, mqci } from './mtf-configuration.ts';
import { extentBytes, pageBlock, pageBlockBytes } from './mtf-pages.ts';

export interface MtfFamily {
  /** 1-based. */
  readonly sequence: number;
  readonly count: number;
  readonly mediaSetId: string;
}

export interface MtfRequest {
  readonly description: MtfDescription;
  readonly family: MtfFamily;
  /** Wanted length of this family; the result is at most one block shorter, and never shorter than the frame of blocks. */
  readonly bytes: number;
  readonly blockSize: number;
  readonly seed: number;
  readonly ratio: number | undefined;
}

/** head, then `pages` whole `repeats` times, then its first `remainder` bytes, then tail. */
export interface MtfStream {
  readonly head: Buffer;
  readonly pages: Buffer;
  readonly repeats: number;
  readonly remainder: number;
  readonly tail: Buffer;
  readonly length: number;
  readonly dataBytes: number;
  readonly logBytes: number;
}

const formatBlock = 1024;
const vendorId = 4608;
const leadBytes = 2;
const smallestLog = 65_536;
const checksummed = 0x100;
const lastPiece = 0x04;
const variable = 0x02;

export function generateMtf(request: MtfRequest): MtfStream {
  const pages = pageBlock(request.seed, request.ratio);
  const { blockSize } = request;
  const build = (content: Content) => new Assembly(request, pages, content).build();
  const frame = build({ data: 0, log: smallestLog });
  const spare = Math.max(0, request.bytes - frame.length);
  const isLog = request.description.type === 'log';
  const data = isLog ? 0 : Math.max(1, Math.floor(spare / extentBytes)) * extentBytes;
  const unit = Math.max(formatBlock, blockSize);
  const log = smallestLog + Math.floor(Math.max(0, spare - data) / unit) * unit;
  // The device is written in whole blocks; the log makes up what is missing to one.
  const total = frame.length + data + log - smallestLog;
  return build({
    data,
    log: log + ((blockSize - (total % blockSize)) % blockSize),
  });
}

interface Content {
  data: number;
  log: number;
}

class Assembly {
  readonly #request: MtfRequest;
  readonly #pages: Buffer;
  readonly #content: Content;
  readonly #unit: number;
  readonly #setStart: number;
  #parts: Buffer[] = [];
  #position = 0;
  #controlBlock = 0;
  #head: Buffer = Buffer.alloc(0);

  constructor(request: MtfRequest, pages: Buffer, content: Content) {
    this.#request = request;
    this.#pages = pages;
    this.#content = content;
    this.#unit = Math.max(formatBlock, request.blockSize);
    this.#setStart = this.#unit + request.blockSize;
  }

  build(): MtfStream {
    const { data, log } = this.#content;
    const isLog = this.#request.description.type === 'log';
    const bulk = isLog ? log : data;
    this.#tape();
    this.#filemark([]);
    this.#startOfSet();
    this.#volume();
    this.#configuration('MSCI');
    if (isLog) {
      this.#log(() => this.#bulk('MQTL', log));
    } else {
      this.#data();
      this.#log(() => this.#smallLog());
    }
    this.#configuration('MSLS');
    this.#endOfSet();
    const all = Buffer.concat(this.#parts);
    return {
      head: this.#head,
      pages: this.#pages,
      repeats: Math.floor(bulk / pageBlockBytes),
      remainder: bulk % pageBlockBytes,
      tail: all,
      length: this.#position,
      dataBytes: data,
      logBytes: log,
    };
  }

  #tape(): void {
    const { family, description } = this.#request;
    const raid = Buffer.alloc(32);
    raid.set(guidBytes(family.mediaSetId));
    raid.writeUInt32LE(0xf000_00ad, 16);
    raid.writeUInt16LE(family.count, 20);
    raid.writeUInt16LE(1, 22);
    raid.writeUInt16LE(family.sequence, 24);
    raid.writeUInt16LE(1, 30);
    const body = new MtfBlock('TAPE', 94, { attributes: 0x3_0000 })
      .u32(52, (raid.readUInt32LE(0) ^ family.sequence) >>> 0)
      .u32(56, 5)
      .u16(60, 1)
      .u16(64, this.#request.blockSize / 512)
      .u16(66, 3)
      .u16(84, formatBlock)
      .u16(86, vendorId)
      .bytes(88, mtfDate(description.started))
      .u8(93, 1)
      .text(80, 'Microsoft SQL Server\0\0')
      .seal();
    this.#append(body, stream('RAID', raid));
    this.#pad(this.#unit);
  }

  #filemark(marks: readonly number[]): void {
    const { blockSize } = this.#request;
    const block = new MtfBlock('SFMB', blockSize, { attributes: 0x8000_0000 })
      .u32(52, (blockSize - 72) / 8)
      .u32(56, marks.length)
      .u32(60, 72);
    for (const [index, mark] of marks.entries()) block.u64(72 + index * 8, mark);
    this.#append(block.sealWhole(blockSize));
  }

  #startOfSet(): void {
    const { description } = this.#request;
    const [major = 0, minor = 0] = description.version;
    const block = new MtfBlock('SSET', 122, this.#place())
      .u16(44, 21)
      .u16(46, 100)
      .u32(52, description.type === 'diff' ? 8 : 4)
      .u16(60, vendorId)
      .u16(62, 1)
      .u64(80, this.#position)
      .bytes(88, mtfDate(description.started))
      .u8(93, major)
      .u8(94, minor)
      .u8(97, 2)
      .guid(100, description.setId)
      .text(76, description.userName);
    if (description.backupName) block.text(64, description.backupName);
    this.#append(block.seal());
    this.#padFormat();
  }

  #volume(): void {
    const { description } = this.#request;
    const block = new MtfBlock('VOLB', 74, this.#place())
      .bytes(68, mtfDate(description.started))
      .text(56, 'C:')
      .text(64, description.machineName);
    this.#append(block.seal());
    this.#padFormat();
  }

  #configuration(type: 'MSCI' | 'MSLS'): void {
    const { description, family } = this.#request;
    const { data, log } = this.#content;
    const sizes: MtfSizes = {
      dataBytes: data * family.count,
      logBytes: log * family.count,
      backupSize: (data + log + 12 * formatBlock) * family.count,
    };
    const isFinal = type === 'MSLS';
    this.#append(new MtfBlock(type, 56, this.#place()).u8(48, 2).seal());
    this.#append(stream('MQCI', mqci(description, sizes, isFinal)));
    if (isFinal) this.#pad(this.#unit, this.#setStart);
    else this.#padFormat();
  }

  #data(): void {
    const { data } = this.#content;
    this.#append(new MtfBlock('MSDA', 60, this.#place()).seal());
    this.#alignmentPad();
    this.#bulk('MQDA', data);
    this.#append(stream('MQDA', Buffer.alloc(0), variable | lastPiece));
    this.#padFormat();
  }

  // The one stream that is not built in memory: what stands before it is the head, what follows the tail.
  #bulk(id: 'MQDA' | 'MQTL', bytes: number): void {
    const { checksums } = this.#request.description;
    const attributes = (id === 'MQDA' ? variable : 0) | (checksums ? checksummed : 0);
    this.#append(
      streamHeader(id, BigInt(bytes) + BigInt(leadBytes), attributes),
      Buffer.alloc(leadBytes),
    );
    this.#head = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#position += bytes;
    if (checksums) this.#append(this.#checksum(this.#bulkChecksum(bytes)));
  }

  // A block of n sectors with n % 32 = 0 leaves the running sum XORed with the block's own: even repeats cancel.
  #bulkChecksum(bytes: number): number {
    const whole = Math.floor(bytes / pageBlockBytes) % 2 === 1 ? sectorChecksum(this.#pages) : 0;
    return sectorChecksum(this.#pages.subarray(0, bytes % pageBlockBytes), whole);
  }

  #log(writeContent: () => void): void {
    const { log } = this.#content;
    const body = new MtfBlock('MSTL', 596, this.#place())
      .u32(56, 1)
      .u64(60, 0)
      .u64(68, log)
      .u32(76, 2)
      .u32(92, 37)
      .u64(96, Math.max(log, 262_144))
      .u64(104, 8192);
    this.#append(body.seal());
    this.#alignmentPad();
    writeContent();
    this.#padFormat();
  }

  #smallLog(): void {
    const { checksums } = this.#request.description;
    const content = logBlocks(this.#content.log, this.#request.seed);
    const data = Buffer.concat([Buffer.alloc(leadBytes), content]);
    this.#append(stream('MQTL', data, checksums ? checksummed : 0));
    if (checksums) this.#append(this.#checksum(sectorChecksum(content)));
  }

  #checksum(value: number): Buffer {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(value);
    return stream('CSUM', data);
  }

  #endOfSet(): void {
    const firstMark = this.#unit;
    const lastMark = this.#position;
    this.#filemark([firstMark]);
    const start = this.#position;
    const end = (offset: number) =>
      new MtfBlock('ESET', 88)
        .u32(52, 4)
        .u64(60, offset)
        .u16(78, 1)
        .bytes(80, mtfDate(this.#request.description.started))
        .seal();
    this.#append(end(0));
    const filler = this.#unit - 88 - streamHeaderBytes;
    this.#append(stream('OTCP', Buffer.alloc(filler)), stream('TSMP', Buffer.alloc(254)));
    this.#pad(this.#unit, start);
    this.#append(end(start));
    this.#pad(this.#unit, start);
    this.#filemark([lastMark, firstMark]);
  }

  #place(): BlockPlace {
    const place = {
      logicalAddress: (this.#position - this.#setStart) / formatBlock,
      controlBlock: this.#controlBlock,
    };
    this.#controlBlock += 1;
    return place;
  }

  // Data begins on a physical block that is also a format block, two bytes into its stream.
  #alignmentPad(): void {
    const least = this.#position + 2 * streamHeaderBytes + 2 + leadBytes;
    const start = this.#next(least, this.#unit, this.#setStart);
    const mqda = start - leadBytes - streamHeaderBytes;
    const length = mqda - this.#position - streamHeaderBytes;
    this.#append(streamHeader('APAD', length, 0x80), Buffer.alloc(length));
  }

  #padFormat(): void {
    this.#pad(formatBlock, this.#setStart);
  }

  /** SPAD up to the next multiple of `unit` counted from `origin`. */
  #pad(unit: number, origin = 0): void {
    const end = this.#next(this.#position + streamHeaderBytes, unit, origin);
    const length = end - this.#position - streamHeaderBytes;
    this.#append(streamHeader('SPAD', length), Buffer.alloc(length));
  }

  #next(position: number, unit: number, origin: number): number {
    return origin + Math.ceil((position - origin) / unit) * unit;
  }

  #append(...parts: Buffer[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#position += part.length;
    }
  }
}

function logBlocks(length: number, seed: number): Buffer {
  const log = Buffer.alloc(length);
  for (let at = 0; at < length; at += 512) {
    log.writeUInt32LE(0x5000_0058, at);
    log.writeUInt32LE(seed ^ at, at + 4);
    log.write('LOP_MODIFY_ROW', at + 16, 'latin1');
  }
  return log;
}
