// The field types of the Microsoft Tape Format as SQL Server writes it: little-endian integers, dates, GUIDs,
// LSNs and strings behind addresses. Nothing here throws for any content: fields that are not there are
// undefined or 0, because streams are untrusted.

/** UTF-16 units kept of a string: SQL Server's longest is a path of 260, a description of 255. */
const maxTextUnits = 520;
/** One for all: making one takes longer than the text of a whole backup set. */
const utf16 = new TextDecoder('utf-16le');

const hexPairs = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
);
/** Bytes of a GUID in the order of its text: the first three groups are little-endian numbers. */
const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
const noGuid = '00000000-0000-0000-0000-000000000000';

/** A run of bytes with the format's field types, by offset. */
export class MtfRecord {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#view.byteLength;
  }

  u8(at: number): number {
    return this.#has(at, 1) ? this.#view.getUint8(at) : 0;
  }

  i8(at: number): number {
    return this.#has(at, 1) ? this.#view.getInt8(at) : 0;
  }

  u16(at: number): number {
    return this.#has(at, 2) ? this.#view.getUint16(at, true) : 0;
  }

  u32(at: number): number {
    return this.#has(at, 4) ? this.#view.getUint32(at, true) : 0;
  }

  /** undefined when it is not a number below 2^53. */
  u64(at: number): number | undefined {
    const value = this.u32(at) + this.u32(at + 4) * 2 ** 32;
    return Number.isSafeInteger(value) ? value : undefined;
  }

  /** `length` characters of a type or id; bytes outside ASCII stay single characters. */
  ascii(at: number, length: number): string {
    let text = '';
    for (let index = at; index < at + length; index += 1)
      text += String.fromCharCode(this.u8(index));
    return text;
  }

  /** A GUID as SQL Server prints it, upper case; undefined when it is all zero. */
  guid(at: number): string | undefined {
    if (!this.#has(at, guidOrder.length)) return undefined;
    let text = '';
    for (const [place, index] of guidOrder.entries()) {
      if (place === 4 || place === 6 || place === 8 || place === 10) text += '-';
      text += hexPairs[this.u8(at + index)];
    }
    return text === noGuid ? undefined : text;
  }

  /** A log sequence number as the decimal text SQL Server prints; undefined when it is zero. */
  lsn(at: number): string | undefined {
    const [file, block, slot] = [this.u32(at), this.u32(at + 4), this.u16(at + 8)];
    if (file === 0 && block === 0 && slot === 0) return undefined;
    const digits = `${file}${String(block).padStart(10, '0')}${String(slot).padStart(5, '0')}`;
    return digits.replace(/^0+/, '');
  }

  /** A 5-byte date, `YYYY-MM-DDTHH:MM:SS`, local time of the server; undefined when it is zero. */
  date(at: number): string | undefined {
    const high = this.u8(at);
    const low =
      ((this.u8(at + 1) << 24) |
        (this.u8(at + 2) << 16) |
        (this.u8(at + 3) << 8) |
        this.u8(at + 4)) >>>
      0;
    if (high === 0 && low === 0) return undefined;
    // Big-endian bits: year 14, month 4, day 5, hour 5, minute 6, second 6.
    const year = (high << 6) | (low >>> 26);
    const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
    const day = `${pad(year, 4)}-${pad((low >>> 22) & 15)}-${pad((low >>> 17) & 31)}`;
    return `${day}T${pad((low >>> 12) & 31)}:${pad((low >>> 6) & 63)}:${pad(low & 63)}`;
  }

  /**
   * The UTF-16 string behind the address at `at` (u16 size, u16 offset from the start of this record);
   * undefined when it is empty or outside the record. Longer ones are cut.
   */
  text(at: number): string | undefined {
    const size = Math.min(this.u16(at), maxTextUnits * 2) & ~1;
    const offset = this.u16(at + 2);
    if (size === 0 || !this.#has(offset, this.u16(at))) return undefined;
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + offset, size);
    // Copied: TextDecoder refuses views on shared memory.
    const text = utf16.decode(bytes.slice()).replace(/\0+$/, '');
    return text === '' ? undefined : text;
  }

  #has(at: number, length: number): boolean {
    return at + length <= this.#view.byteLength;
  }
}
