// Backup streams as short as they can be and still have everything: a page with its checksum, backup checksums,
// configurations as the stand-in writes them; and two sets in one stream.

import { description } from '../rig/mtf-description.ts';
import { sealPage, sectorChecksum } from '../standin/mtf-checksum.ts';
import { type MtfDescription, mqci } from '../standin/mtf-configuration.ts';
import { block, filemark } from '../unit/mtf/sample.ts';

const pageBytes = 8192;
const leadBytes = 2;
const sizes = { dataBytes: pageBytes, logBytes: 512, backupSize: 20_000 };
const when = new Date('2026-01-02T03:04:05Z');

/** The media header, filled up to a multiple of `align`. */
export function mediaHeader(align = 1024): Buffer {
  const raid = Buffer.alloc(32);
  raid.write('0123456789abcdef', 'latin1');
  raid.writeUInt16LE(2, 20);
  raid.writeUInt16LE(1, 24);
  return block('TAPE', new Uint8Array(42), [['RAID', raid]], align);
}

/** The blocks of a set in front of its data, and those behind. */
export function setStart(database: string): Buffer[] {
  const start = Buffer.alloc(80);
  start.write('0123456789abcdef', 48, 'latin1');
  // The name of the set: 8 bytes of UTF-16 behind the GUID, addressed from the block's start.
  start.writeUInt16LE(8, 12);
  start.writeUInt16LE(52 + 70, 14);
  start.write('week', 70, 'utf16le');
  return [
    block('SSET', start),
    block('VOLB', new Uint8Array(56)),
    block('MSCI', new Uint8Array(4), [['MQCI', mqci(describe(database), sizes, false)]]),
  ];
}

export function setEnd(database: string): Buffer {
  return block('MSLS', new Uint8Array(4), [['MQCI', mqci(describe(database), sizes, true)]]);
}

/** One with a page and filemarks, one with two sets and no filemarks, and one that is hardly a stream. */
export function smallStreams(): Buffer[] {
  const tiny = ['SSET', 'VOLB', 'ESET', 'ESET'].map((type) => block(type, Buffer.alloc(80), [], 4));
  return [
    Buffer.concat([
      ...[mediaHeader(), filemark(0)],
      ...setStart('Sales'),
      ...setData(pageStream()),
      ...[setEnd('Sales'), filemark(1), ...endBlocks(), filemark(2)],
    ]),
    Buffer.concat([
      mediaHeader(),
      ...['Sales', 'Stock'].flatMap((name) => [
        ...setStart(name),
        ...setData(Buffer.alloc(leadBytes + 600, 7)),
        setEnd(name),
        ...endBlocks(),
      ]),
    ]),
    Buffer.concat([mediaHeader(4), ...tiny]),
  ];
}

function setData(data: Buffer): Buffer[] {
  const checksum = Buffer.alloc(4);
  const sectors = Buffer.alloc(Math.ceil((data.length - leadBytes) / 512) * 512);
  sectors.set(data.subarray(leadBytes));
  checksum.writeUInt32LE(sectorChecksum(sectors));
  return [
    block('MSDA', new Uint8Array(8), [
      ['MQDA', data],
      ['CSUM', checksum],
      ['MQDA', new Uint8Array(0)],
    ]),
    block('MSTL', new Uint8Array(76), [['MQTL', new Uint8Array(leadBytes + 513)]]),
  ];
}

function endBlocks(): Buffer[] {
  return [
    block('ESET', new Uint8Array(36), [['TSMP', new Uint8Array(3)]]),
    block('ESET', new Uint8Array(36)),
  ];
}

function pageStream(): Buffer {
  const page = Buffer.alloc(pageBytes, 0x11);
  page.writeUInt8(1, 0);
  page.writeUInt16LE(0x200, 4);
  page.writeUInt32LE(8, 32);
  page.writeUInt16LE(1, 36);
  sealPage(page);
  return Buffer.concat([Buffer.alloc(leadBytes), page]);
}

function describe(databaseName: string): MtfDescription {
  const times = { created: when, started: when, finished: when };
  return { ...description, ...times, databaseName, checksums: true, transferSize: 65_536 };
}
