// Reads a stream that SQL Server compressed (MSSQLBAK) the way VERIFYONLY does, without decompressing it: every
// record by its checksum, every filemark by that of its header. Layout: mtf.md, section 9.

import { headerChecksum } from './mtf-checksum.js';
import type { ReadAt } from './mtf-reader.js';

export interface CompressedContent {
  readonly state: 'complete' | 'truncated' | 'damaged';
  readonly sets: number;
}

const firstRecord = 480;
const recordHeadBytes = 28;
const recordTag = 0x21;
const sector = 512;
/** A filemark is found within this distance behind a record: the largest block. */
const largestGap = 65_536;
/** Behind the media header's, each set has one behind its records and one behind its end. */
const filemarksPerSet = 2;

export async function readCompressed(read: ReadAt): Promise<CompressedContent> {
  let at = firstRecord;
  for (let sections = 0; ; sections += 1) {
    const sets = Math.ceil((sections - 1) / filemarksPerSet);
    const isSetEnd = sections > 1 && sections % filemarksPerSet === 1;
    if (isSetEnd && (await read(at, 1)).length === 0) return { state: 'complete', sets };
    const next = await section(read, at);
    if (typeof next === 'string') return { state: next, sets };
    at = next;
  }
}

type Problem = 'truncated' | 'damaged';

/** Records and the filemark behind them: where the next section begins, or what is wrong with this one. */
async function section(read: ReadAt, from: number): Promise<number | Problem> {
  for (let at = from; ; ) {
    const head = await read(at, recordHeadBytes);
    const isRecord = head[0] === recordTag;
    const next = isRecord ? await record(read, at, head) : await filemark(read, at);
    if (next === undefined) return head.length < recordHeadBytes ? 'truncated' : 'damaged';
    if (!isRecord || typeof next === 'string') return next;
    at = next;
  }
}

/** Where the next one begins, or what is wrong with this one. */
async function record(read: ReadAt, at: number, head: Buffer): Promise<number | Problem> {
  if (head.length < recordHeadBytes) return 'truncated';
  const payload = await read(at + recordHeadBytes, head.readUInt16LE(2));
  if (payload.length < head.readUInt16LE(2)) return 'truncated';
  return checksum(payload) === head.readUInt32LE(24)
    ? at + recordHeadBytes + payload.length
    : 'damaged';
}

function checksum(payload: Buffer): number {
  const words = Buffer.alloc(Math.ceil(payload.length / 4) * 4);
  payload.copy(words);
  let sum = 0;
  for (let at = 0; at < words.length; at += 4)
    sum = ((sum << 1) | (sum >>> 31)) ^ words.readUInt32LE(at);
  return sum >>> 0;
}

/** Where the block behind the next filemark begins; undefined when there is none near. */
async function filemark(read: ReadAt, from: number): Promise<number | undefined> {
  const start = Math.ceil(from / sector) * sector;
  const bytes = await read(start, largestGap + sector);
  for (let at = 0; at + sector <= bytes.length; at += sector) {
    const block = bytes.subarray(at, at + sector);
    if (block.toString('latin1', 0, 4) !== 'SFMB') continue;
    if (headerChecksum(block.subarray(0, 50)) === block.readUInt16LE(50))
      return start + at + block.readUInt16LE(8);
  }
  return undefined;
}
