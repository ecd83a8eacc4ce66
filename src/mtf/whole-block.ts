// A block of a backup stream that is in memory as a whole, its streams and its end.
import {
  type BlockHeader,
  blockHeaderBytes,
  decodeBlockHeader,
  decodeStreamHeader,
  nextStreamAt,
  streamHeaderBytes,
} from './block.ts';

export interface WholeBlock {
  readonly header: BlockHeader;
  /** The data of its streams, the first of each name. */
  readonly streams: ReadonlyMap<string, Uint8Array>;
  /** Where the next block begins. */
  readonly end: number;
}

/** The block at `at`; undefined when there is none, or not all of it. Not for filemarks, which have no streams. */
export function wholeBlock(bytes: Uint8Array, at: number): WholeBlock | undefined {
  const header = decodeBlockHeader(bytes.subarray(at, at + blockHeaderBytes));
  if (!header) return undefined;
  const streams = new Map<string, Uint8Array>();
  for (let next = at + header.bodyBytes; ; ) {
    const dataAt = next + streamHeaderBytes;
    const stream = decodeStreamHeader(bytes.subarray(next, dataAt));
    if (!stream || dataAt + stream.length > bytes.length) return undefined;
    const end = dataAt + stream.length;
    if (!streams.has(stream.id)) streams.set(stream.id, bytes.subarray(dataAt, end));
    if (stream.id === 'SPAD') return { header, streams, end };
    next = nextStreamAt(end);
  }
}

/** The blocks from `at` on that are whole, one behind the other. */
export function wholeBlocks(bytes: Uint8Array, at: number): WholeBlock[] {
  const blocks: WholeBlock[] = [];
  for (let next = at; ; ) {
    const block = next < bytes.length ? wholeBlock(bytes, next) : undefined;
    if (!block) return blocks;
    blocks.push(block);
    next = block.end;
  }
}
