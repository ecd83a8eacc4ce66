// Goes from block to block of a raw stream by its headers and jumps over the data: what a backup is can be
// read from a few KiB of any size of backup.
import {
  type BlockHeader,
  blockHeaderBytes,
  decodeBlockHeader,
  decodeStreamHeader,
  streamHeaderBytes,
} from './block.js';
import type { RawBytes } from './raw-bytes.js';
import { maxKeptStreamBytes } from './walker.js';

/** Headers looked at before a backup counts as too long-winded to be described at once. */
const maxHops = 100_000;
const streamAlignment = 4;

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

/** Counts down; at 0 the blocks ended early only because there were too many. */
export interface Hops {
  left: number;
}

export function allHops(): Hops {
  return { left: maxHops };
}

/** The blocks from `start` on, as far as they can be reached; `wanted` streams are read. Never throws for any bytes. */
export async function* hopBlocks(
  raw: RawBytes,
  start: number,
  wanted: readonly string[],
  hops = allHops(),
): AsyncGenerator<HoppedBlock> {
  for (let at = start; ; ) {
    const block = await readBlock(raw, at, wanted, hops);
    if (!block) return;
    yield block;
    at = block.end;
  }
}

async function readBlock(
  raw: RawBytes,
  at: number,
  wanted: readonly string[],
  hops: Hops,
): Promise<HoppedBlock | undefined> {
  if (hops.left <= 0) return undefined;
  hops.left -= 1;
  const head = await raw.read(at, blockHeaderBytes);
  const header = head.length === blockHeaderBytes ? decodeBlockHeader(head) : undefined;
  if (!header) return undefined;
  const body = await raw.read(at, header.bodyBytes);
  if (body.length < header.bodyBytes) return undefined;
  const { type, attributes } = header;
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
  for (let at = start; hops.left > 0; ) {
    hops.left -= 1;
    const head = await raw.read(at, streamHeaderBytes);
    const stream = head.length === streamHeaderBytes ? decodeStreamHeader(head) : undefined;
    if (!stream) return undefined;
    const dataAt = at + streamHeaderBytes;
    if (wanted.includes(stream.id) && stream.length <= maxKeptStreamBytes) {
      const data = await raw.read(dataAt, stream.length);
      if (data.length < stream.length) return undefined;
      streams.set(stream.id, data);
    }
    const end = dataAt + stream.length;
    if (!Number.isSafeInteger(end + block.bodyBytes)) return undefined;
    if (stream.id === 'SPAD') return { streams, end };
    at = Math.ceil(end / streamAlignment) * streamAlignment;
  }
  return undefined;
}
