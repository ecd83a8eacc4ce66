// Finds where zstd frames begin and end without decompressing them: by frame headers and block headers
// (RFC 8878 §3.1.1.2). For files without a seek table: unfinished archives and other programs' zstd files.
import { KiB } from '../base/byte-size.js';
import { damaged } from '../storage/io-failure.js';
import { readSome, type Source } from '../storage/source.js';
import {
  decodeFrameHeader,
  frameChecksumBytes,
  maxFrameHeaderBytes,
  minFrameBytes,
} from './frame-header.js';
import {
  decodeSkippableHead,
  isOurs,
  isSkippable,
  ourBeginningBytes,
  skippableHeadBytes,
} from './skippable-frame.js';
import { blockHeaderBytes, decodeZstdBlock } from './zstd-block.js';

/** What tells of a frame what it is. */
const headBytes = Math.max(maxFrameHeaderBytes, ourBeginningBytes);
/** Bytes looked at around a header at a time: blocks often are shorter, and a read costs more than bytes. */
const peekBytes = 4 * KiB;

export interface SkippedFrame {
  readonly kind: 'skippable';
  readonly magic: number;
  /** Offset in the file and length of the whole frame, bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** It looks like header or trailer of an archive. */
  readonly isOurs: boolean;
}

export interface DataFrame {
  readonly kind: 'data';
  readonly offset: number;
  readonly bytes: number;
  /** Undefined when the frame does not say. */
  readonly rawBytes: number | undefined;
  readonly hasChecksum: boolean;
}

/** A frame whose end was not looked for, because it is longer than the caller can take whole. */
export interface LargeFrame {
  readonly kind: 'large';
  readonly offset: number;
}

export type WalkedFrame = SkippedFrame | DataFrame | LargeFrame;

export class FrameWalker {
  readonly #source: Source;
  readonly #maxFrameBytes: number;
  readonly #maxRawBytes: number;
  #peeked: Uint8Array = new Uint8Array(0);
  #peekedAt = 0;

  /** A frame of more than `maxFrameBytes`, or of more or unknown raw bytes, is `large`. */
  constructor(source: Source, maxFrameBytes: number, maxRawBytes: number) {
    this.#source = source;
    this.#maxFrameBytes = maxFrameBytes;
    this.#maxRawBytes = maxRawBytes;
  }

  /** The frame at `offset`; undefined at the end of the file. Failure `integrity`: `truncated` or `archive-damaged`. */
  async at(offset: number): Promise<WalkedFrame | undefined> {
    if (offset >= this.#source.bytes) return undefined;
    const head = await this.#peek(offset, headBytes);
    if (head.length === 0) return undefined;
    if (isSkippable(head)) return this.#skippable(offset, head);
    const { name } = this.#source;
    if (head.length < minFrameBytes) throw cut(name, offset);
    const header = decodeFrameHeader(head, `${name} at byte ${offset}`);
    const { contentSize } = header;
    if (contentSize === undefined || contentSize > this.#maxRawBytes)
      return { kind: 'large', offset };
    const blocks = await this.#blocks(offset, header.headerBytes);
    if (blocks === undefined) return { kind: 'large', offset };
    const bytes = blocks + (header.hasChecksum ? frameChecksumBytes : 0);
    if (offset + bytes > this.#source.bytes) throw cut(name, offset);
    return { kind: 'data', offset, bytes, rawBytes: contentSize, hasChecksum: header.hasChecksum };
  }

  #skippable(offset: number, head: Uint8Array): SkippedFrame {
    const { name, bytes: fileBytes } = this.#source;
    if (head.length < skippableHeadBytes) throw cut(name, offset);
    const { magic, contentBytes } = decodeSkippableHead(head, name);
    const bytes = skippableHeadBytes + contentBytes;
    if (offset + bytes > fileBytes) throw cut(name, offset);
    return { kind: 'skippable', magic, offset, bytes, isOurs: isOurs(head) };
  }

  /** Bytes from the frame's start to the end of its last block; undefined when they are too many. */
  async #blocks(offset: number, headerBytes: number): Promise<number | undefined> {
    let at = headerBytes;
    while (at <= this.#maxFrameBytes) {
      const head = await this.#peek(offset + at, blockHeaderBytes);
      if (head.length < blockHeaderBytes) throw cut(this.#source.name, offset);
      const block = decodeZstdBlock(head);
      if (!block) throw badBlock(this.#source.name, offset + at);
      at += block.bytes;
      if (block.isLast) return at <= this.#maxFrameBytes ? at : undefined;
    }
    return undefined;
  }

  async #peek(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#peekedAt;
    if (from >= 0 && from + length <= this.#peeked.length) {
      return this.#peeked.subarray(from, from + length);
    }
    this.#peeked = await readSome(this.#source, offset, peekBytes);
    this.#peekedAt = offset;
    return this.#peeked.subarray(0, length);
  }
}

function cut(file: string, offset: number) {
  return damaged(file, `the frame at byte ${offset} is cut short`, 'truncated');
}

function badBlock(file: string, offset: number) {
  return damaged(file, `there is no zstd block at byte ${offset}`);
}
