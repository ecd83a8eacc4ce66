// MTF descriptor blocks and streams: fields, checksums, padding. What the blocks mean is mtf-generator.ts.
import { guidBytes } from './column-codec.ts';
import { headerChecksum } from './mtf-checksum.ts';

export const streamHeaderBytes = 22;
const blockHeaderBytes = 52;

export interface BlockPlace {
  /** 1024-byte blocks from SSET. */
  readonly logicalAddress?: number;
  readonly controlBlock?: number;
  readonly attributes?: number;
}

/** A block body: header, fields at fixed places, then strings. Streams follow after `seal`. */
export class MtfBlock {
  readonly #bytes: Buffer;
  #end: number;

  constructor(type: string, bodyBytes: number, place: BlockPlace = {}) {
    this.#bytes = Buffer.alloc(bodyBytes + 4096);
    this.#end = bodyBytes;
    this.#bytes.write(type, 0, 'latin1');
    this.#bytes.writeUInt32LE(place.attributes ?? 0, 4);
    this.#bytes.writeUInt16LE(0x010e, 10);
    this.#bytes.writeUInt32LE(place.logicalAddress ?? 0, 20);
    this.#bytes.writeUInt32LE(place.controlBlock ?? 0, 36);
  }

  u8(at: number, value: number): this {
    this.#bytes.writeUInt8(value, at);
    return this;
  }

  u16(at: number, value: number): this {
    this.#bytes.writeUInt16LE(value, at);
    return this;
  }

  u32(at: number, value: number): this {
    this.#bytes.writeUInt32LE(value, at);
    return this;
  }

  u64(at: number, value: number | bigint): this {
    this.#bytes.writeBigUInt64LE(BigInt(value), at);
    return this;
  }

  bytes(at: number, value: Uint8Array): this {
    this.#bytes.set(value, at);
    return this;
  }

  guid(at: number, text: string): this {
    return this.bytes(at, guidBytes(text));
  }

  /** An MTF_TAPE_ADDRESS at `at` for a string behind the body. */
  text(at: number, value: string): this {
    const encoded = Buffer.from(value, 'utf16le');
    this.u16(at, encoded.length)
      .u16(at + 2, this.#end)
      .u8(48, 2);
    this.#bytes.set(encoded, this.#end);
    this.#end += encoded.length;
    return this;
  }

  /** The body with its checksum; its length is where the first stream starts (a multiple of 4). */
  seal(): Buffer {
    const length = Math.ceil(this.#end / 4) * 4;
    this.u16(8, length);
    return this.#checked(length);
  }

  /** A block without streams that fills `length` bytes: the soft filemark. */
  sealWhole(length: number): Buffer {
    this.u16(8, length === 65_536 ? 0 : length);
    return this.#checked(length);
  }

  #checked(length: number): Buffer {
    this.u16(blockHeaderBytes - 2, headerChecksum(this.#bytes.subarray(0, blockHeaderBytes - 2)));
    const sealed = Buffer.alloc(length);
    this.#bytes.copy(sealed, 0, 0, Math.min(length, this.#bytes.length));
    return sealed;
  }
}

export function streamHeader(id: string, length: number | bigint, mediaAttributes = 0): Buffer {
  const header = Buffer.alloc(streamHeaderBytes);
  header.write(id, 0, 'latin1');
  header.writeUInt16LE(mediaAttributes, 6);
  header.writeBigUInt64LE(BigInt(length), 8);
  header.writeUInt16LE(headerChecksum(header.subarray(0, 20)), 20);
  return header;
}

/** A whole stream, padded to the next multiple of 4. */
export function stream(id: string, data: Uint8Array, mediaAttributes = 0): Buffer {
  const bytes = streamHeaderBytes + data.length;
  return Buffer.concat([streamHeader(id, data.length, mediaAttributes), data, padding(bytes, 4)]);
}

export function padding(length: number, unit: number): Buffer {
  return Buffer.alloc((unit - (length % unit)) % unit);
}

/** 5 bytes, big-endian bit field: year 14, month 4, day 5, hour 5, minute 6, second 6. */
export function mtfDate(date: Date): Buffer {
  const bits =
    (BigInt(date.getFullYear()) << 26n) |
    (BigInt(date.getMonth() + 1) << 22n) |
    (BigInt(date.getDate()) << 17n) |
    (BigInt(date.getHours()) << 12n) |
    (BigInt(date.getMinutes()) << 6n) |
    BigInt(date.getSeconds());
  return Buffer.from(bits.toString(16).padStart(10, '0'), 'hex');
}
