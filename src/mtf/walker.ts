// Reads a backup stream as it passes by: a state machine over block header, stream header and bytes to
// skip. All framing is checksummed, so the first header that does not fit ends the reading; there is no
// searching. Holds at most one configuration (1 MiB) or block; data is skipped, never copied.

import { MiB } from '../base/byte-size.ts';
import { maxBlockSize } from '../base/platform/sql-server-limits.ts';
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
import type { MtfFacts } from './facts.ts';
import { CompressedTail } from './mssqlbak/compressed.ts';
import { mediaBlockSize } from './native-block-size.ts';
import { MtfSetReader } from './set-reader.ts';

/** Longest stream that is kept to be decoded; SQL Server's configurations have a few KiB. */
export const maxKeptStreamBytes = MiB;
const magicBytes = 8;
const nothing = new Uint8Array(0);
const zeros = new Uint8Array(64 * 1024);

type Step = (bytes: Uint8Array) => void;

/** Sees the data of a stream that can be checked. Positions are bytes from the start of the raw stream. */
export interface MtfDataObserver {
  /** A data stream (MQDA: pages, MQTL: log) begins; all of its bytes follow. */
  begins(id: string, position: number, length: number): void;
  /** Its next bytes; a view that is only good during the call. */
  data(bytes: Uint8Array, position: number): void;
  /** The header of every block, before its streams. */
  block(header: BlockHeader, position: number): void;
  /** An SSET or SFMB block whole, up to its first stream; only good during the call. */
  body(header: BlockHeader, body: Uint8Array, position: number): void;
  /** The CSUM that SQL Server wrote behind the data stream seen last. */
  checksum(value: number): void;
  /** The configuration (MQCI) of a set, in the block MSCI at its start or MSLS at its end; only good during the call. */
  configuration(block: string, data: Uint8Array, position: number): void;
}

const dataStreams = ['MQDA', 'MQTL'];
const observedBodies = ['SSET', 'SFMB'];
const checksumBytes = 4;
const codedData = 'its data are encrypted or compressed by an algorithm that is not known';
const unknownFilemarks =
  'its blocks have 64 KiB, and what a filemark says of its length is not known';

/**
 * Fed with the consecutive pieces of one stripe's raw stream, of any size, views on shared memory too.
 * Never throws, whatever the bytes; the facts do not depend on where the pieces are cut.
 */
export class MtfWalker {
  readonly #reader = new MtfSetReader();
  #compressed: CompressedTail | undefined;
  /** Bytes of the current header or kept stream; `#have` of `#need` are there. */
  #kept = new Uint8Array(64 * 1024);
  #have = 0;
  #need = magicBytes;
  #step: Step | undefined = (bytes) => this.#magic(bytes);
  #skip = 0;
  /** Bytes of the stream that are behind us. */
  #position = 0;
  #isTape = false;
  /** Between two blocks, or in the zeros behind the last. */
  #betweenBlocks = false;
  /** In the zeros behind the last block: a copy may be longer than what it copies. */
  #onlyZeros = false;
  #damage: string | undefined;
  #followedTo: number | undefined;
  /** Of the medium; undefined before its header. */
  #blockSize: number | undefined;
  /** The block seen last is a filemark. */
  #behindFilemark = false;
  #unknown: string | undefined;
  #unseen: string | undefined;
  /** The data stream seen last is coded: what a CSUM behind it is about has not been seen. */
  #isCoded = false;
  readonly #observer: MtfDataObserver | undefined;
  /** Bytes of the skipped ones that the observer still wants. */
  #observed = 0;

  constructor(observer?: MtfDataObserver) {
    this.#observer = observer;
  }

  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#compressed) {
        this.#compressed.push(piece.subarray(at));
        return;
      }
      if (this.#skip > 0) at += this.#skipSome(piece, at);
      else if (this.#step) at += this.#collect(piece, at, this.#step);
      else {
        if (this.#onlyZeros) this.#zeros(piece.subarray(at));
        return;
      }
    }
  }

  /** Where the framing ends that could be followed: at the first damage to it, or at the end. */
  get followedTo(): number {
    return this.#followedTo ?? this.#position;
  }

  /** Why the framing could not be followed, in words that follow a name; undefined when it is of a known form. */
  get unknown(): string | undefined {
    return this.#compressed?.unknown ?? this.#unknown;
  }

  /** Why the observer was not shown all data. */
  get unseen(): string | undefined {
    return this.#unseen;
  }

  /** What was found, after the last piece; `undefined` when this is no backup of SQL Server. */
  end(): MtfFacts | undefined {
    if (this.#compressed) return this.#compressed.facts();
    if (!this.#isTape) return undefined;
    const rest = this.#kept.subarray(0, this.#have);
    const whole = this.#betweenBlocks && this.#skip === 0 && isZero(rest);
    const cut = whole ? undefined : `the stream ends inside a block, at byte ${this.#position}`;
    const damage = this.#damage ?? cut;
    return { ...this.#reader.facts(whole), ...(damage !== undefined && { damage }) };
  }

  #skipSome(piece: Uint8Array, at: number): number {
    const count = Math.min(this.#skip, piece.length - at);
    if (this.#observed > 0) {
      const seen = Math.min(count, this.#observed);
      this.#observed -= seen;
      this.#observer?.data(piece.subarray(at, at + seen), this.#position);
    }
    this.#skip -= count;
    this.#position += count;
    return count;
  }

  #collect(piece: Uint8Array, at: number, step: Step): number {
    const count = Math.min(this.#need - this.#have, piece.length - at);
    this.#kept.set(piece.subarray(at, at + count), this.#have);
    this.#have += count;
    this.#position += count;
    if (this.#have === this.#need) step(this.#kept.subarray(0, this.#need));
    return count;
  }

  /** Next: `need` bytes, of which `have` are there already. */
  #expect(need: number, step: Step, have = 0): void {
    if (need > this.#kept.length) this.#kept = new Uint8Array(need);
    this.#need = need;
    this.#have = have;
    this.#step = step;
  }

  /** `at`: what stands before it was followed. Of several, the first counts. */
  #stop(damage: string | undefined, at = this.#position): void {
    this.#damage = damage;
    this.#followedTo ??= at;
    this.#step = undefined;
    this.#have = 0;
  }

  #magic(bytes: Uint8Array): void {
    const text = String.fromCharCode(...bytes);
    if (text === 'MSSQLBAK') {
      this.#compressed = new CompressedTail();
      this.#compressed.push(bytes);
    } else if (text.startsWith('TAPE')) {
      this.#isTape = true;
      this.#expect(blockHeaderBytes, (block) => this.#block(block), magicBytes);
    } else this.#stop(undefined);
  }

  #nextBlock(): void {
    this.#betweenBlocks = true;
    this.#expect(blockHeaderBytes, (bytes) => this.#block(bytes));
  }

  #block(bytes: Uint8Array): void {
    const header = decodeBlockHeader(bytes);
    if (header) {
      this.#betweenBlocks = false;
      this.#observer?.block(header, this.#position - blockHeaderBytes);
      this.#body(header);
    } else if (isZero(bytes)) {
      this.#stop(undefined, this.#position - blockHeaderBytes);
      this.#onlyZeros = true;
    } else {
      const at = this.#position - blockHeaderBytes;
      this.#betweenBlocks = false;
      this.#doubtFilemark();
      this.#stop(`no block header at byte ${at}`, at);
    }
  }

  /** What stands behind zeros was not written there by itself: they are no end, but a hole. */
  #zeros(bytes: Uint8Array): void {
    const end = firstNonZero(bytes);
    if (end >= 0) {
      this.#onlyZeros = false;
      this.#betweenBlocks = false;
      this.#doubtFilemark();
      this.#stop(`there are zeros instead of a block, up to byte ${this.#position + end}`);
    }
    this.#position += bytes.length;
  }

  /** What follows a filemark is no block: of 64 KiB, the filemark may have had another length. */
  #doubtFilemark(): void {
    if (this.#behindFilemark && this.#blockSize === maxBlockSize) this.#unknown = unknownFilemarks;
  }

  #body(header: BlockHeader): void {
    const isMark = header.type === 'SFMB';
    const bytes = isMark ? filemarkBytes(header, this.#blockSize) : header.bodyBytes;
    const rest = bytes - blockHeaderBytes;
    const wanted = this.#reader.wantsBody(header) || this.#observes(header);
    if (wanted && rest > 0) {
      this.#expect(bytes, (body) => this.#bodyDone(header, body), blockHeaderBytes);
      return;
    }
    this.#skip = rest;
    this.#bodyDone(header, this.#kept.subarray(0, blockHeaderBytes));
  }

  #observes({ type }: BlockHeader): boolean {
    return this.#observer !== undefined && observedBodies.includes(type);
  }

  #bodyDone(header: BlockHeader, body: Uint8Array): void {
    this.#reader.block(header, body);
    if (header.type === 'TAPE') this.#blockSize = mediaBlockSize(body);
    this.#behindFilemark = header.type === 'SFMB';
    if (this.#observes(header)) this.#observer?.body(header, body, this.#position - body.length);
    // A filemark has no streams.
    if (header.type === 'SFMB') this.#nextBlock();
    else this.#nextStream(header);
  }

  #nextStream(block: BlockHeader): void {
    this.#expect(streamHeaderBytes, (bytes) => this.#stream(block, bytes));
  }

  #stream(block: BlockHeader, bytes: Uint8Array): void {
    const stream = decodeStreamHeader(bytes);
    if (!stream || stream.length > Number.MAX_SAFE_INTEGER - this.#position) {
      const at = this.#position - streamHeaderBytes;
      this.#stop(`no stream header in ${block.type} at byte ${at}`, at);
      return;
    }
    const checked = stream.id === 'CSUM' && stream.length === checksumBytes;
    const wanted = checked || this.#reader.wantsStream(block, stream.id);
    const kept = wanted && stream.length <= maxKeptStreamBytes;
    if (kept && stream.length > 0) {
      this.#expect(stream.length, (data) => this.#streamDone(block, stream, data));
      return;
    }
    this.#skip = stream.length;
    const isData = dataStreams.includes(stream.id);
    if (isData) this.#isCoded = stream.isCoded;
    if (isData && stream.isCoded) this.#unseen = codedData;
    else if (this.#observer && isData) {
      this.#observed = stream.length;
      this.#observer.begins(stream.id, this.#position, stream.length);
    }
    this.#streamDone(block, stream, nothing);
  }

  #streamDone(block: BlockHeader, stream: StreamHeader, data: Uint8Array): void {
    this.#reader.stream(block, stream.id, data);
    if (stream.id === 'CSUM' && data.length === checksumBytes && !this.#isCoded) {
      this.#observer?.checksum(new DataView(data.buffer, data.byteOffset).getUint32(0, true));
    }
    if (stream.id === 'MQCI' && data.length > 0)
      this.#observer?.configuration(block.type, data, this.#position - data.length);
    if (stream.id === 'SPAD') {
      this.#nextBlock();
      return;
    }
    const end = this.#position + this.#skip;
    this.#skip += nextStreamAt(end) - end;
    this.#nextStream(block);
  }
}

/** -1 when there is none. Compared as a whole, since there may be any number of zeros. */
function firstNonZero(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const some = bytes.subarray(at, at + zeros.length);
    if (Buffer.compare(some, zeros.subarray(0, some.length)) !== 0)
      return at + some.findIndex((byte) => byte !== 0);
  }
  return -1;
}

function isZero(bytes: Uint8Array): boolean {
  return firstNonZero(bytes) < 0;
}
