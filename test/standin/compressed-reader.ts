// Reads a stream that SQL Server compressed (MSSQLBAK) the way VERIFYONLY does, without decompressing it: every
// record by its checksum, every filemark by that of its header. Layout: docs/mtf.md, "Compressed container".

import { headerChecksum } from './mtf-checksum.ts';
import type { ReadAt } from './mtf-reader.ts';

export interface CompressedContent {
  /** `unknown`: a container that no server known here writes. */
  readonly state: 'complete' | 'truncated' | 'damaged' | 'unknown';
  readonly sets: number;
}

/** Version 1 and version 2 of the container: where the first record begins, and what a record begins with. */
export interface Layout {
  readonly firstRecord: number;
  readonly headBytes: number;
  readonly tag: number;
  readonly checksumAt: number;
}
export const layouts: Readonly<Record<number, Layout>> = {
  1: { firstRecord: 16, headBytes: 8, tag: 0x81, checksumAt: 4 },
  2: { firstRecord: 480, headBytes: 28, tag: 0x21, checksumAt: 24 },
};
const versionAt = 8;
const sector = 512;
/** A filemark is found within this distance behind a record: the largest block, whose size 16 bits do not hold. */
const largestBlock = 65_536;
/** Behind the media header's, each set has one behind its records and one behind its end. */
const filemarksPerSet = 2;

export async function readCompressed(read: ReadAt): Promise<CompressedContent> {
  const version = await read(versionAt, 4);
  const layout = version.length < 4 ? undefined : layouts[version.readUInt32LE()];
  if (!layout) return { state: version.length < 4 ? 'truncated' : 'unknown', sets: 0 };
  let at = layout.firstRecord;
  for (let sections = 0; ; sections += 1) {
    const sets = Math.ceil((sections - 1) / filemarksPerSet);
    const isSetEnd = sections > 1 && sections % filemarksPerSet === 1;
    if (isSetEnd && (await read(at, 1)).length === 0) return { state: 'complete', sets };
    const next = await section(read, at, layout);
    if (typeof next === 'string') return { state: next, sets };
    at = next;
  }
}

type Problem = 'truncated' | 'damaged';

/** Records and the filemark behind them: where the next section begins, or what is wrong with this one. */
async function section(read: ReadAt, from: number, layout: Layout): Promise<number | Problem> {
  for (let at = from; ; ) {
    const head = await read(at, layout.headBytes);
    const isRecord = head[0] === layout.tag;
    const next = isRecord ? await record(read, at, layout) : await filemark(read, at);
    if (next === undefined) return head.length < layout.headBytes ? 'truncated' : 'damaged';
    if (!isRecord || typeof next === 'string') return next;
    at = next;
  }
}

/** Where the next one begins, or what is wrong with this one. */
async function record(read: ReadAt, at: number, layout: Layout): Promise<number | Problem> {
  const { headBytes, checksumAt } = layout;
  const head = await read(at, headBytes);
  if (head.length < headBytes) return 'truncated';
  const payload = await read(at + headBytes, head.readUInt16LE(2));
  if (payload.length < head.readUInt16LE(2)) return 'truncated';
  const isGood = checksum(payload) === head.readUInt32LE(checksumAt);
  return isGood ? at + headBytes + payload.length : 'damaged';
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
  const bytes = await read(start, largestBlock + sector);
  for (let at = 0; at + sector <= bytes.length; at += sector) {
    const block = bytes.subarray(at, at + sector);
    if (block.toString('latin1', 0, 4) !== 'SFMB') continue;
    if (headerChecksum(block.subarray(0, 50)) === block.readUInt16LE(50))
      return start + at + (block.readUInt16LE(8) || largestBlock);
  }
  return undefined;
}
