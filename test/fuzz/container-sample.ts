// A natively compressed backup (MSSQLBAK) made by hand. Its records are XPRESS Huffman data of literals only: every
// byte value has a code of 8 bits, which is the value itself.

import { block, filemark } from '../unit/mtf/sample.js';
import { payloadSum } from './mend.js';
import { mediaHeader, setEnd, setStart } from './stream-sample.js';

const containerHeadBytes = 480;
const recordHeadBytes = 28;
const sector = 512;
const markBytes = 512;
/** In a filemark, where the list of the others begins. */
const listAt = 72;

/** `raw`, of any even length, as the payload of a record: the table of codes, then words of two codes, first high. */
export function literalPayload(raw: Uint8Array): Buffer {
  const table = Buffer.concat([Buffer.alloc(128, 0x88), Buffer.alloc(128)]);
  return Buffer.concat([table, Buffer.from(raw).swap16()]);
}

/** One set: media header, start and end of the set in records, filemarks between, the last of which lists the others. */
export function containerSample(mediaBlock?: Buffer): Buffer {
  return containerOf(['Sales'], Buffer.alloc(0), mediaBlock);
}

/** A set for each database; `junk` stands in front of the records at the end of each. */
export function containerOf(
  databases: readonly string[],
  junk: Buffer = Buffer.alloc(0),
  mediaBlock: Buffer = mediaHeader(),
): Buffer {
  const media = atSector([Buffer.alloc(containerHeadBytes), record(mediaBlock)]);
  media.write('MSSQLBAK', 'latin1');
  const parts = [media, filemark(0)];
  const marks = [media.length];
  let length = media.length + markBytes;
  const add = (records: readonly Buffer[]) => {
    const part = atSector(records);
    const mark = listing(marks);
    marks.push(length + part.length);
    length += part.length + mark.length;
    parts.push(part, mark);
  };
  for (const database of databases) {
    add([record(Buffer.concat(setStart(database))), junk, record(setEnd(database))]);
    add([record(block('ESET', new Uint8Array(36)))]);
  }
  return Buffer.concat(parts);
}

function record(raw: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil(raw.length / sector) * sector);
  padded.set(raw);
  const payload = literalPayload(padded);
  const head = Buffer.alloc(recordHeadBytes);
  head[0] = 0x21;
  head[1] = padded.length / sector;
  head.writeUInt16LE(payload.length, 2);
  head.writeUInt32LE(payloadSum(payload), 24);
  return Buffer.concat([head, payload]);
}

/** A filemark that names where the filemarks before it are, newest first. */
export function listing(marks: readonly number[]): Buffer {
  const bytes = Math.max(1, Math.ceil((listAt + marks.length * 8) / sector)) * sector;
  const body = Buffer.alloc(bytes - 52);
  body.writeUInt32LE((bytes - listAt) / 8, 0);
  body.writeUInt32LE(marks.length, 4);
  body.writeUInt32LE(listAt, 8);
  for (const [index, mark] of marks.toReversed().entries())
    body.writeBigUInt64LE(BigInt(mark), 20 + index * 8);
  return block('SFMB', body);
}

function atSector(parts: readonly Buffer[]): Buffer {
  const all = Buffer.concat(parts);
  return Buffer.concat([all, Buffer.alloc((sector - (all.length % sector)) % sector)]);
}
