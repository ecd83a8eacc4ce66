// What a natively compressed backup (MSSQLBAK) holds: the filemark at its end lists every filemark, and so
// where each set begins and ends; only the records at these places are decompressed.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KiB, MiB } from '../../base/byte-size.ts';
import { blockHeaderBytes, decodeBlockHeader } from '../block.ts';
import { type HoppedBlock, hopBlocks } from '../block-hops.ts';
import { BlockCollector, type MtfDescription } from '../description.ts';
import { MtfRecord } from '../fields.ts';
import { nativeBlockSize } from '../native-block-size.ts';
import { type RawBytes, rawBytesOf } from '../raw-bytes.ts';
import {
  type CompressedRecord,
  type ContainerFormat,
  containerFormat,
  filemarkAt,
  formatBytes,
  recordAt,
  unknownCoding,
  unknownRecords,
  unknownVersion,
} from './container.ts';
import { decompressXpress, xpressPrefix } from './xpress-huffman.ts';

/** Read at the start of a set: SSET, VOLB and MSCI take a few KiB before compression. */
const setHeadBytes = 256 * KiB;
/** Read before the filemark that ends a set's data: MSLS is in the last records. */
const setTailBytes = 256 * KiB;
/** Raw bytes decompressed of the former: first so many, and where the configuration is longer, the rest. */
const firstDecompressed = 128 * KiB;
const maxDecompressed = 1024 * KiB;
/** Raw bytes decompressed for a description: a few seconds of work, three hundred backup sets. */
const maxEffort = 192 * MiB;
/** What a record costs beside its bytes, as raw bytes: reading its table of codes takes as long as 8 KiB do. */
const tableEffort = 8 * KiB;
/** A checksum is made so many times faster than a record is decompressed. */
const checksumSpeed = 16;
const largestFilemark = 64 * KiB;
/** Records decompressed before the end of a set: MSLS takes a few KiB of their 64 KiB each. */
const lastCount = 8;
/** Sets described: some day nobody waits any longer. */
const maxSets = 512;
/** Places tried as the beginning of a record before the end of a set. Of random bytes, 256 reach over a whole record. */
const maxTries = 1024;
const step = 512;
/** A place in the list of a filemark. */
const offsetBytes = 8;
const wanted = ['RAID', 'MQCI'];

/** How much work a description has taken; a file may be made so that each of its sets takes the most. */
class Effort {
  #left = maxEffort;

  get spent(): boolean {
    return this.#left <= 0;
  }

  checksum(bytes: number): void {
    this.#left -= bytes / checksumSpeed;
  }

  record(rawBytes: number): void {
    this.#left -= rawBytes + tableEffort;
  }
}

/** What all steps of a description work on. */
interface Container {
  readonly raw: RawBytes;
  readonly format: ContainerFormat;
  /** Of its medium; undefined when its media header could not be read. */
  readonly blockSize: number | undefined;
  readonly effort: Effort;
  readonly collector: BlockCollector;
}

/** Never throws for any bytes; what was not reached is absent. Looks for the first `most` sets. */
export async function describeMssqlbak(
  raw: RawBytes,
  most = Number.POSITIVE_INFINITY,
): Promise<MtfDescription> {
  const start = await raw.read(0, formatBytes);
  const format = containerFormat(start);
  const nothing = { media: undefined, sets: [], more: false };
  if (!format) return { ...nothing, ...unknownAs(unknownVersion(start)) };
  const blockSize = await nativeBlockSize(raw);
  const collector = new BlockCollector(true);
  const container = { raw, format, blockSize, effort: new Effort(), collector };
  const head = await raw.read(format.headBytes, setHeadBytes);
  await collectFront(container, head, ['TAPE']);
  const described = await describeSets(container, head, most);
  const unknown =
    described.media || described.sets.length > 0 ? undefined : unknownIn(head, format);
  return { ...described, ...unknownAs(unknown) };
}

function unknownAs(unknown: string | undefined): Pick<MtfDescription, 'unknown'> {
  return unknown === undefined ? {} : { unknown };
}

/** Why nothing could be told that begins with these records; undefined when they are of the known kind, and damaged. */
function unknownIn(head: Uint8Array, format: ContainerFormat): string | undefined {
  if (head[0] !== format.recordMark) return unknownRecords;
  const record = recordAt(head, format);
  return record?.good && !xpressPrefix(record.payload, 1) ? unknownCoding : undefined;
}

async function describeSets(
  container: Container,
  head: Uint8Array,
  most: number,
): Promise<MtfDescription> {
  const { raw, collector, effort } = container;
  const marks = await filemarks(container);
  const ends = marks ?? [firstFilemark(container, head)];
  const sets = Math.ceil(Math.max(1, ends.length - 1) / 2);
  const wantedSets = Math.min(sets, most, maxSets);
  let set = 0;
  for (; set < wantedSets && !collector.full && !effort.spent; set += 1) {
    // Reads out of memory never wait: without this, no signal is heard until all is done.
    await nextTurn();
    await describeSet(container, ends, set);
  }
  return collector.describe(sets > set || raw.gaveUp);
}

/** Filemarks: one behind the media header, then two for each set. */
async function describeSet(
  container: Container,
  marks: readonly number[],
  set: number,
): Promise<void> {
  const { raw, blockSize } = container;
  const mark = marks[set * 2];
  if (mark === undefined) return;
  const size = filemarkAt(await raw.read(mark, blockHeaderBytes), blockSize);
  if (size === undefined) return;
  const head = await raw.read(mark + size, setHeadBytes);
  await collectFront(container, head, ['SSET', 'VOLB', 'MSCI']);
  const end = marks[set * 2 + 1];
  if (end === undefined) return;
  const from = Math.max(mark + size, end - setTailBytes);
  const tail = lastRecords(container, await raw.read(from, end - from));
  if (tail) await collectTail(container, tail);
}

/** The blocks of these types, in their order, that the records at the start of `bytes` hold. */
async function collectFront(
  container: Container,
  bytes: Uint8Array,
  types: readonly string[],
): Promise<void> {
  const { collector, effort } = container;
  const chain = chainAt(container, bytes, 0);
  for (const most of [firstDecompressed, maxDecompressed]) {
    const raw = decompressAll(chain, most, effort);
    const blocks = await blocksOf(raw, types);
    if (blocks.length < types.length && most < maxDecompressed && raw.length >= most) continue;
    for (const block of blocks) collector.block(block);
    return;
  }
}

async function blocksOf(bytes: Uint8Array, types: readonly string[]): Promise<HoppedBlock[]> {
  const blocks: HoppedBlock[] = [];
  for await (const block of hopBlocks(rawBytesOf(bytes), 0, wanted)) {
    if (!types.includes(block.type)) break;
    blocks.push(block);
    if (blocks.length === types.length) break;
  }
  return blocks;
}

/** MSLS stands on a step of 1024 from its set, hence of 512 from any record. */
async function collectTail({ collector }: Container, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at + blockHeaderBytes <= bytes.length; at += step) {
    const header = decodeBlockHeader(bytes.subarray(at, at + blockHeaderBytes));
    if (header?.type !== 'MSLS') continue;
    for (const block of await blocksOf(bytes.subarray(at), ['MSLS'])) collector.block(block);
    return;
  }
}

/** Offsets of every filemark, oldest first; undefined when the file does not end with one or lists not all. */
async function filemarks({ raw, blockSize }: Container): Promise<number[] | undefined> {
  const { length } = raw;
  if (length === undefined) return undefined;
  const tail = await raw.read(Math.max(0, length - largestFilemark), largestFilemark);
  for (let size = step; size <= tail.length; size += step) {
    const block = tail.subarray(tail.length - size);
    if (filemarkAt(block, blockSize) === size) return listed(new MtfRecord(block), length - size);
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

function firstFilemark({ format: { headBytes } }: Container, head: Uint8Array): number {
  for (let at = step - (headBytes % step); at < head.length; at += step) {
    if (filemarkAt(head.subarray(at)) !== undefined) return headBytes + at;
  }
  return 0;
}

/** A record in a run of bytes. */
interface Placed extends CompressedRecord {
  readonly at: number;
}

/** The good records that follow each other from `at` on. */
function chainAt({ format, effort }: Container, bytes: Uint8Array, at: number): Placed[] {
  const chain: Placed[] = [];
  for (let next = at; ; ) {
    const record = effort.spent ? undefined : recordAt(bytes.subarray(next), format);
    effort.checksum(record?.bytes ?? 0);
    if (!record?.good) return chain;
    chain.push({ at: next, ...record });
    next += record.bytes;
  }
}

/** The raw bytes of the first records of `chain`, up to `most` and those of one record. */
function decompressAll(chain: readonly Placed[], most: number, effort: Effort): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const { payload, rawBytes } of chain) {
    const part = total < most && !effort.spent ? decompressXpress(payload, rawBytes) : undefined;
    if (!part) break;
    effort.record(rawBytes);
    parts.push(part);
    total += part.length;
  }
  return Buffer.concat(parts);
}

/** The last records of `bytes`: where a chain begins that reaches to the end is only known by trying. */
function lastRecords(container: Container, bytes: Uint8Array): Uint8Array | undefined {
  const { format, effort } = container;
  let tries = 0;
  for (let at = 0; at < bytes.length && tries < maxTries && !effort.spent; at += 1) {
    if (bytes[at] !== format.recordMark) continue;
    tries += 1;
    const record = recordAt(bytes.subarray(at), format);
    effort.checksum(record?.bytes ?? 0);
    if (!record?.good) continue;
    const chain = chainAt(container, bytes, at);
    const last = chain.at(-1);
    if (!last) continue;
    const end = last.at + last.bytes;
    // A gap to the next physical block is all that may stand between the last record and the filemark.
    if (bytes.length - end < largestFilemark)
      return decompressAll(chain.slice(-lastCount), maxDecompressed, effort);
    at = end - 1;
  }
  return undefined;
}
