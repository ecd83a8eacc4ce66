// Finds where zstd frames begin and end without decompressing them: by frame headers and block headers
// (RFC 8878 §3.1.1.2). For files without a seek table: unfinished archives and other programs' zstd files.

import { KiB } from '../base/byte-size.ts';
import { damaged } from '../storage/io-failure.ts';
import { readSome, type Source } from '../storage/source.ts';
import {
  decodeFrameHeader,
  frameChecksum,
  frameChecksumBytes,
  maxFrameHeaderBytes,
  minFrameBytes,
} from './frame-header.ts';
import {
  decodeSkippableHead,
  isOurs,
  isSkippable,
  ourBeginningBytes,
  skippableHeadBytes,
} from './skippable-frame.ts';
import { blockHeaderBytes, decodeZstdBlock, type ZstdBlock } from './zstd-block.ts';

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
interface LargeFrame {
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
  #peeks = 0;

  /** A frame of more than `maxFrameBytes`, or of more or unknown raw bytes, is `large`. */
  constructor(source: Source, maxFrameBytes: number, maxRawBytes: number) {
    this.#source = source;
    this.#maxFrameBytes = maxFrameBytes;
    this.#maxRawBytes = maxRawBytes;
  }

  /** How often it has looked into the file. */
  get peeks(): number {
    return this.#peeks;
  }

  /** The frame at `offset`; undefined at the end of the file. Failure `integrity`: `truncated` or `archive-damaged`. */
  async at(offset: number): Promise<WalkedFrame | undefined> {
    if (offset >= this.#source.bytes) return undefined;
    const head = await this.#peek(offset, headBytes);
    if (head.length === 0) return undefined;
    if (isSkippable(head)) return this.#skippable(offset, head);
    const { name } = this.#source;
    if (head.length < minFrameBytes) throw cut(name, offset);
    const header = decodeFrameHeader(head, `${name} at byte ${offset}`, offset);
    const { contentSize } = header;
    if (contentSize === undefined || contentSize > this.#maxRawBytes)
      return { kind: 'large', offset };
    const blocks = await this.#blocks(offset, header.headerBytes);
    if (blocks === undefined) return { kind: 'large', offset };
    const bytes = blocks + (header.hasChecksum ? frameChecksumBytes : 0);
    if (offset + bytes > this.#source.bytes) throw cut(name, offset);
    return { kind: 'data', offset, bytes, rawBytes: contentSize, hasChecksum: header.hasChecksum };
  }

  /** The checksum at the end of `frame`, which has one. Failure `integrity`: `truncated`. */
  async checksum({ offset, bytes }: DataFrame): Promise<number> {
    const stored = await this.#peek(offset + bytes - frameChecksumBytes, frameChecksumBytes);
    if (stored.length < frameChecksumBytes) throw cut(this.#source.name, offset);
    return frameChecksum(stored);
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
      const ahead = await this.#peek(offset + at, blockHeaderBytes, peekBytes);
      if (ahead.length < blockHeaderBytes) throw cut(this.#source.name, offset);
      const { bytes, isLast } = this.#run(ahead, offset + at, this.#maxFrameBytes - at);
      at += bytes;
      if (isLast) return at <= this.#maxFrameBytes ? at : undefined;
    }
    return undefined;
  }

  /** The blocks that begin in the first `room` bytes of `ahead`, which stands at `position`: perhaps one every 3 bytes. */
  #run(ahead: Uint8Array, position: number, room: number): ZstdBlock {
    let at = 0;
    while (at <= room && at + blockHeaderBytes <= ahead.length) {
      const block = decodeZstdBlock(ahead, at);
      if (!block) throw badBlock(this.#source.name, position + at);
      at += block.bytes;
      if (block.isLast) return { bytes: at, isLast: true };
    }
    return { bytes: at, isLast: false };
  }

  /** At least `length` bytes unless the file ends, and as many of `most` as were looked at before. */
  async #peek(offset: number, length: number, most = length): Promise<Uint8Array> {
    const from = offset - this.#peekedAt;
    if (from < 0 || from + length > this.#peeked.length) {
      this.#peeked = await readSome(this.#source, offset, peekBytes);
      this.#peekedAt = offset;
      this.#peeks += 1;
      return this.#peeked.subarray(0, most);
    }
    return this.#peeked.subarray(from, from + most);
  }
}

function cut(file: string, offset: number) {
  return damaged(file, `the frame at byte ${offset} is cut short`, { code: 'truncated', offset });
}

function badBlock(file: string, offset: number) {
  return damaged(file, `there is no zstd block at byte ${offset}`, { offset });
}
