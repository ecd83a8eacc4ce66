// What a natively compressed backup (MSSQLBAK) holds: the filemark at its end lists every filemark, and so
// where each set begins and ends; only the records at these places are decompressed.
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CompressedRecord,
  containerHeadBytes,
  filemarkAt,
  recordAt,
  recordHeadBytes,
  recordMark,
} from '../../archive/mssqlbak-check.js';
import { KiB } from '../../base/byte-size.js';
import { blockHeaderBytes, decodeBlockHeader } from '../block.js';
import { hopBlocks } from '../block-hops.js';
import { BlockCollector, type MtfDescription } from '../description.js';
import { MtfRecord } from '../fields.js';
import { type RawBytes, rawBytesOf } from '../raw-bytes.js';
import { decompressXpress } from './xpress-huffman.js';

/** Read at the start of a set: SSET, VOLB and MSCI take a few KiB before compression. */
const setHeadBytes = 256 * KiB;
/** Read before the filemark that ends a set's data: MSLS is in the last records. */
const setTailBytes = 256 * KiB;
/** Raw bytes decompressed of either. */
const maxDecompressed = 1024 * KiB;
const largestFilemark = 64 * KiB;
/** Records decompressed before the end of a set: MSLS takes a few KiB of their 64 KiB each. */
const lastCount = 8;
/** Sets described: each takes up to 2 MiB of decompression, and some day nobody waits any longer. */
const maxSets = 512;
/** Places tried as the beginning of a record before the end of a set. Of random bytes, 256 reach over a whole record. */
const maxTries = 1024;
const step = 512;
/** A place in the list of a filemark. */
const offsetBytes = 8;
const wanted = ['RAID', 'MQCI'];

/** Never throws for any bytes; what was not reached is absent. Looks for the first `most` sets. */
export async function describeMssqlbak(
  raw: RawBytes,
  most = Number.POSITIVE_INFINITY,
): Promise<MtfDescription> {
  const collector = new BlockCollector(true);
  const head = await raw.read(containerHeadBytes, setHeadBytes);
  await collect(collector, decompressAll(head, chainAt(head, 0)), ['TAPE']);
  const marks = await filemarks(raw);
  const ends = marks ?? [firstFilemark(head)];
  const sets = Math.ceil(Math.max(1, ends.length - 1) / 2);
  const wantedSets = Math.min(sets, most, maxSets);
  let set = 0;
  for (; set < wantedSets && !collector.full; set += 1) {
    // Reads out of memory never wait: without this, no signal is heard until all is done.
    await nextTurn();
    await describeSet(collector, raw, ends, set);
  }
  return collector.describe(sets > set || raw.gaveUp);
}

/** Filemarks: one behind the media header, then two for each set. */
async function describeSet(
  collector: BlockCollector,
  raw: RawBytes,
  marks: readonly number[],
  set: number,
): Promise<void> {
  const mark = marks[set * 2];
  if (mark === undefined) return;
  const size = filemarkAt(await raw.read(mark, blockHeaderBytes));
  if (size === undefined) return;
  const head = await raw.read(mark + size, setHeadBytes);
  const front = decompressAll(head, chainAt(head, 0));
  await collect(collector, front, ['SSET', 'VOLB', 'MSCI']);
  const end = marks[set * 2 + 1];
  if (end === undefined) return;
  const from = Math.max(mark + size, end - setTailBytes);
  const tail = lastRecords(await raw.read(from, end - from));
  if (tail) await collectTail(collector, tail);
}

async function collect(
  collector: BlockCollector,
  bytes: Uint8Array,
  types: readonly string[],
): Promise<void> {
  for await (const block of hopBlocks(rawBytesOf(bytes), 0, wanted)) {
    if (!types.includes(block.type)) return;
    collector.block(block);
  }
}

/** MSLS stands on a step of 1024 from its set, hence of 512 from any record. */
async function collectTail(collector: BlockCollector, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at + blockHeaderBytes <= bytes.length; at += step) {
    const header = decodeBlockHeader(bytes.subarray(at, at + blockHeaderBytes));
    if (header?.type === 'MSLS') return collect(collector, bytes.subarray(at), ['MSLS']);
  }
}

/** Offsets of every filemark, oldest first; undefined when the file does not end with one or lists not all. */
async function filemarks(raw: RawBytes): Promise<number[] | undefined> {
  const { length } = raw;
  if (length === undefined) return undefined;
  const tail = await raw.read(Math.max(0, length - largestFilemark), largestFilemark);
  for (let size = step; size <= tail.length; size += step) {
    const block = tail.subarray(tail.length - size);
    if (filemarkAt(block) === size) return listed(new MtfRecord(block), length - size);
  }
  return undefined;
}

/** Newest first at 72 (2008 and later) or 60, each a u64. */
function listed(mark: MtfRecord, position: number): number[] | undefined {
  const [capacity, used] = [mark.u32(52), mark.u32(56)];
  const at = mark.u32(60) === 72 ? 72 : 60;
  // What a filemark says of itself has no checksum: more than it has room for is not there to be read.
  const most = Math.min(capacity, Math.floor((mark.length - at) / offsetBytes));
  if (used > most || used === 0) return undefined;
  const offsets = Array.from(
    { length: used },
    (_, index) => mark.u64(at + index * offsetBytes) ?? -1,
  );
  const places = [...offsets.reverse(), position];
  return isAscending(places) ? places : undefined;
}

/** A place that comes twice would be described twice, however many there are. */
function isAscending(places: readonly number[]): boolean {
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

function firstFilemark(head: Uint8Array): number {
  for (let at = step - (containerHeadBytes % step); at < head.length; at += step) {
    if (filemarkAt(head.subarray(at)) !== undefined) return containerHeadBytes + at;
  }
  return 0;
}

/** A record in a run of bytes. */
interface Placed extends CompressedRecord {
  readonly at: number;
}

/** The good records that follow each other from `at` on. */
function chainAt(bytes: Uint8Array, at: number): Placed[] {
  const chain: Placed[] = [];
  for (let next = at; ; ) {
    const record = recordAt(bytes.subarray(next));
    if (!record?.good) return chain;
    chain.push({ at: next, ...record });
    next += record.bytes;
  }
}

/** The raw bytes of the first records of `chain`, up to `maxDecompressed`. */
function decompressAll(bytes: Uint8Array, chain: readonly Placed[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const { at, bytes: length, rawBytes } of chain) {
    const payload = bytes.subarray(at + recordHeadBytes, at + length);
    const part = total < maxDecompressed ? decompressXpress(payload, rawBytes) : undefined;
    if (!part) break;
    parts.push(part);
    total += part.length;
  }
  return Buffer.concat(parts);
}

/** The last records of `bytes`: where a chain begins that reaches to the end is only known by trying. */
function lastRecords(bytes: Uint8Array): Uint8Array | undefined {
  let tries = 0;
  for (let at = 0; at < bytes.length && tries < maxTries; at += 1) {
    if (bytes[at] !== recordMark) continue;
    tries += 1;
    if (!recordAt(bytes.subarray(at))?.good) continue;
    const chain = chainAt(bytes, at);
    const last = chain.at(-1);
    if (!last) continue;
    const end = last.at + last.bytes;
    // A gap to the next physical block is all that may stand between the last record and the filemark.
    if (bytes.length - end < largestFilemark) return decompressAll(bytes, chain.slice(-lastCount));
    at = end - 1;
  }
  return undefined;
}
