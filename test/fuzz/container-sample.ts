// A natively compressed backup (MSSQLBAK) made by hand. Its records are XPRESS Huffman data of literals only: every
// byte value has a code of 8 bits, which is the value itself, but the last one, which shares its code with the end mark.

import { block, filemark } from '../unit/mtf/sample.ts';
import { payloadSum } from './mend.ts';
import { mediaHeader, setEnd, setStart } from './stream-sample.ts';

/** The two layouts that are known, by version. */
const layouts = {
  1: { head: 16, recordHead: 8, mark: 0x81, sumAt: 4 },
  2: { head: 480, recordHead: 28, mark: 0x21, sumAt: 24 },
} as const;
export type ContainerVersion = keyof typeof layouts;
const sector = 512;
const markBytes = 512;
/** In a filemark, where the list of the others begins. */
const listAt = 72;
const endMark = 256;
const lastLiteral = 255;

/** `raw` as the payload of a record: the table of codes, then the codes, the end mark, and the word a reader is ahead. */
export function literalPayload(raw: Uint8Array): Buffer {
  const table = Buffer.concat([Buffer.alloc(128, 0x88), Buffer.alloc(128)]);
  table[lastLiteral >> 1] = 0x98;
  table[endMark >> 1] = 0x09;
  return Buffer.concat([table, words([...raw, endMark])]);
}

/** Codes in 16-bit words, first code highest. */
function words(values: readonly number[]): Buffer {
  const bits = values.map((symbol) =>
    symbol >= lastLiteral
      ? (0x1fe + symbol - lastLiteral).toString(2)
      : symbol.toString(2).padStart(8, '0'),
  );
  const text = bits.join('');
  const count = Math.ceil(text.length / 16);
  const bytes = Buffer.alloc(2 * (count + 1));
  for (let word = 0; word < count; word += 1)
    bytes.writeUInt16LE(
      Number.parseInt(text.slice(word * 16, word * 16 + 16).padEnd(16, '0'), 2),
      word * 2,
    );
  return bytes;
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
  version: ContainerVersion = 2,
): Buffer {
  const one = (raw: Buffer) => record(raw, version);
  const media = atSector([Buffer.alloc(layouts[version].head), one(mediaBlock)]);
  media.write('MSSQLBAK', 'latin1');
  media.writeUInt32LE(version, 8);
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
    const last = setEnd(database);
    // As SQL Server's is, the last record in front of a filemark is short: no longer than a gap there may be.
    const ending = [one(last.subarray(0, -sector)), one(last.subarray(-sector))];
    add([one(Buffer.concat(setStart(database))), junk, ...ending]);
    const end = block('ESET', new Uint8Array(36));
    add([one(Buffer.concat([end, end]))]);
  }
  return Buffer.concat(parts);
}

/** `raw`, filled up to whole sectors, as a record. */
export function record(raw: Buffer, version: ContainerVersion = 2): Buffer {
  const { recordHead, mark, sumAt } = layouts[version];
  const padded = Buffer.alloc(Math.ceil(raw.length / sector) * sector);
  padded.set(raw);
  const payload = literalPayload(padded);
  const head = Buffer.alloc(recordHead);
  head[0] = mark;
  head[1] = padded.length / sector;
  head.writeUInt16LE(payload.length, 2);
  head.writeUInt32LE(payloadSum(payload), sumAt);
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
