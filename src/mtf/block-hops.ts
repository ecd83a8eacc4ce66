// Goes from block to block of a raw stream by its headers and jumps over the data: what a backup is can be
// read from a few KiB of any size of backup.
import { MiB } from '../base/byte-size.ts';
import {
  type BlockHeader,
  blockHeaderBytes,
  decodeBlockHeader,
  decodeStreamHeader,
  filemarkBytes,
  nextStreamAt,
  type StreamHeader,
  streamHeaderBytes,
} from './block.ts';
import { mediaBlockSize } from './native-block-size.ts';
import type { RawBytes } from './raw-bytes.ts';
import { maxKeptStreamBytes } from './walker.ts';

/** Headers looked at before a backup counts as too long-winded to be described at once. */
const maxHops = 100_000;
/** Bytes read of blocks and streams for it, 64 MiB: those of a thousand sets, and no more than can be read in a moment. */
const maxHopBytes = 64 * MiB;

export interface HoppedBlock {
  readonly type: string;
  readonly attributes: number;
  readonly position: number;
  /** From the block's start to its first stream. */
  readonly body: Uint8Array;
  /** Data of the streams that were wanted. */
  readonly streams: ReadonlyMap<string, Uint8Array>;
  /** Where the next block begins. */
  readonly end: number;
}

/** How much may still be looked at; once it is spent, the blocks ended early only because there were too many. */
export class Hops {
  #left = maxHops;
  #bytes = maxHopBytes;

  get spent(): boolean {
    return this.#left <= 0 || this.#bytes <= 0;
  }

  /** One more header, and so many bytes behind it. */
  take(bytes: number): void {
    this.#left -= 1;
    this.#bytes -= bytes;
  }
}

/** The blocks from `start` on, as far as they can be reached; `wanted` streams are read. Never throws for any bytes. */
export async function* hopBlocks(
  raw: RawBytes,
  start: number,
  wanted: readonly string[],
  hops = new Hops(),
): AsyncGenerator<HoppedBlock> {
  let blockSize: number | undefined;
  for (let at = start; ; ) {
    const block = await readBlock(raw, at, wanted, { hops, blockSize });
    if (!block) return;
    if (block.type === 'TAPE') blockSize = mediaBlockSize(block.body);
    yield block;
    at = block.end;
  }
}

async function readBlock(
  raw: RawBytes,
  at: number,
  wanted: readonly string[],
  { hops, blockSize }: { readonly hops: Hops; readonly blockSize: number | undefined },
): Promise<HoppedBlock | undefined> {
  if (hops.spent) return undefined;
  const head = await raw.read(at, blockHeaderBytes);
  const header = head.length === blockHeaderBytes ? decodeBlockHeader(head) : undefined;
  if (!header) return undefined;
  const { type, attributes } = header;
  const length = type === 'SFMB' ? filemarkBytes(header, blockSize) : header.bodyBytes;
  hops.take(length);
  const body = await raw.read(at, length);
  if (body.length < length) return undefined;
  if (type === 'SFMB') {
    return { type, attributes, position: at, body, streams: new Map(), end: at + body.length };
  }
  const streams = await readStreams(raw, at + header.bodyBytes, header, wanted, hops);
  return streams && { type, attributes, position: at, body, ...streams };
}

async function readStreams(
  raw: RawBytes,
  start: number,
  block: BlockHeader,
  wanted: readonly string[],
  hops: Hops,
): Promise<{ streams: Map<string, Uint8Array>; end: number } | undefined> {
  const streams = new Map<string, Uint8Array>();
  for (let at = start; !hops.spent; ) {
    const head = await raw.read(at, streamHeaderBytes);
    const stream = head.length === streamHeaderBytes ? decodeStreamHeader(head) : undefined;
    if (!stream) return undefined;
    const dataAt = at + streamHeaderBytes;
    const isWanted = wanted.includes(stream.id) && stream.length <= maxKeptStreamBytes;
    hops.take(isWanted ? stream.length : 0);
    if (isWanted && !(await keepStream(streams, raw, dataAt, stream))) return undefined;
    const end = dataAt + stream.length;
    if (!Number.isSafeInteger(end + block.bodyBytes)) return undefined;
    if (stream.id === 'SPAD') return { streams, end };
    at = nextStreamAt(end);
  }
  return undefined;
}

/** False when it is not all there. */
async function keepStream(
  streams: Map<string, Uint8Array>,
  raw: RawBytes,
  at: number,
  { id, length }: StreamHeader,
): Promise<boolean> {
  const data = await raw.read(at, length);
  streams.set(id, data);
  return data.length === length;
}
