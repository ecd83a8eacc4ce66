// Little-endian bytes, read one field at a time; running off the end throws (RangeError of Buffer).

export class ByteReader {
  readonly bytes: Buffer;
  offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  get atEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  u8(): number {
    return this.bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.#advance(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.#advance(4));
  }

  i64(): bigint {
    return this.bytes.readBigInt64LE(this.#advance(8));
  }

  take(count: number): Buffer {
    const start = this.#advance(count);
    if (this.offset > this.bytes.length) throw new RangeError('message ends inside a field');
    return this.bytes.subarray(start, this.offset);
  }

  text(characters: number): string {
    return this.take(characters * 2).toString('utf16le');
  }

  #advance(count: number): number {
    const start = this.offset;
    this.offset += count;
    return start;
  }
}
