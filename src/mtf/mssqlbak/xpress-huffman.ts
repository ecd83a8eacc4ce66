// Decompresses one record of a natively compressed backup: LZ77 + Huffman of MS-XCA 2.2 ("XPRESS Huffman").
// For the few records that say what a backup is; written for being right, not for being fast.

const symbols = 512;
const tableBytes = 256;
const maxCodeBits = 15;
/** A new Huffman table begins after so many raw bytes. */
const chunkBytes = 65_536;
const minMatch = 3;
/** Stands behind the last raw byte (MS-XCA 2.1.4.2). */
const endMark = 256;

/** The raw bytes, `rawBytes` of them; undefined when `payload` is not such data. Bounded in time and memory. */
export function decompressXpress(payload: Uint8Array, rawBytes: number): Uint8Array | undefined {
  const out = new Uint8Array(rawBytes);
  let from = 0;
  for (let at = 0; at < rawBytes; at += chunkBytes) {
    const codes = decodeTable(payload.subarray(from, from + tableBytes));
    if (!codes) return undefined;
    const bits = new BitReader(payload, from + tableBytes);
    if (!decodeChunk(bits, codes, out, at, Math.min(at + chunkBytes, rawBytes))) return undefined;
    from = bits.position;
  }
  return out;
}

/** The first `most` raw bytes, at most 64 KiB, whatever follows; undefined when `payload` is not such data. */
export function xpressPrefix(payload: Uint8Array, most: number): Uint8Array | undefined {
  const codes = decodeTable(payload.subarray(0, tableBytes));
  const out = new Uint8Array(most);
  const isData =
    codes && decodeChunk(new BitReader(payload, tableBytes), codes, out, 0, most, true);
  return isData ? out : undefined;
}

/** Whether `payload` has exactly `rawBytes` raw bytes, at most 64 KiB: the end mark follows, and nothing else. */
export function fitsXpress(payload: Uint8Array, rawBytes: number): boolean {
  const codes = decodeTable(payload.subarray(0, tableBytes));
  if (!codes) return false;
  const bits = new BitReader(payload, tableBytes);
  if (!decodeChunk(bits, codes, new Uint8Array(rawBytes), 0, rawBytes)) return false;
  const next = codes[bits.peek15()] as number;
  bits.skip(next & 15);
  // Behind the word that holds the end mark stands the one that a reader is ahead, and nothing more.
  return next >> 4 === endMark && bits.position === payload.length;
}

/** Of the chunk that is decoded now: one table for all, because a hostile file has millions of short records. */
const codes = new Uint16Array(1 << maxCodeBits);

/** By 15 bits: symbol * 16 + length of its code; good until the next call. Codes are given by length, then by symbol. */
function decodeTable(table: Uint8Array): Uint16Array | undefined {
  if (table.length < tableBytes) return undefined;
  let code = 0;
  for (const entry of symbolsByLength(table)) {
    const width = 1 << (maxCodeBits - (entry & 15));
    if (code + width > codes.length) return undefined;
    codes.fill(entry, code, code + width);
    code += width;
  }
  return code === codes.length ? codes : undefined;
}

/** symbol * 16 + length of every symbol that has a code. */
function symbolsByLength(table: Uint8Array): Uint16Array {
  const lengths = new Uint8Array(symbols);
  const ends = new Uint16Array(maxCodeBits + 1);
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    const pair = table[symbol >> 1] as number;
    const length = symbol % 2 === 0 ? pair & 15 : pair >> 4;
    lengths[symbol] = length;
    for (let longer = length; length > 0 && longer <= maxCodeBits; longer += 1)
      ends[longer] = (ends[longer] as number) + 1;
  }
  const entries = new Uint16Array(ends[maxCodeBits] as number);
  for (let symbol = 0; symbol < symbols; symbol += 1) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    const place = ends[length - 1] as number;
    entries[place] = symbol * 16 + length;
    ends[length - 1] = place + 1;
  }
  return entries;
}

/** `goesOn`: a match may reach beyond `end`. */
function decodeChunk(
  bits: BitReader,
  codes: Uint16Array,
  out: Uint8Array,
  start: number,
  end: number,
  goesOn = false,
): boolean {
  let at = start;
  while (at < end) {
    const entry = codes[bits.peek15()] as number;
    bits.skip(entry & 15);
    const symbol = entry >> 4;
    if (symbol < 256) {
      out[at] = symbol;
      at += 1;
      continue;
    }
    const length = matchLength(bits, symbol & 15);
    const distance = matchDistance(bits, (symbol - 256) >> 4);
    if (length === undefined || distance > at || bits.isPastEnd) return false;
    if (at + length > end && !goesOn) return false;
    const count = Math.min(length, end - at);
    for (let copied = 0; copied < count; copied += 1)
      out[at + copied] = out[at + copied - distance] as number;
    at += count;
  }
  return !bits.isPastEnd;
}

function matchLength(bits: BitReader, code: number): number | undefined {
  if (code < 15) return code + minMatch;
  const byte = bits.byte();
  if (byte < 255) return byte + 15 + minMatch;
  const word = bits.word();
  return word < 15 ? undefined : word + minMatch;
}

function matchDistance(bits: BitReader, extraBits: number): number {
  const distance = (1 << extraBits) | bits.top(extraBits);
  bits.skip(extraBits);
  return distance;
}

/** 16-bit little-endian words, most significant bit first; bytes and words of match lengths lie between them. */
class BitReader {
  readonly #bytes: Uint8Array;
  position: number;
  #bits: number;
  #extra = 16;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
    const high = this.word();
    this.#bits = ((high << 16) | this.word()) >>> 0;
  }

  /** The payload ends within the four bytes that are read ahead. */
  get isPastEnd(): boolean {
    return this.position > this.#bytes.length + 4;
  }

  peek15(): number {
    return this.#bits >>> 17;
  }

  top(count: number): number {
    return count === 0 ? 0 : this.#bits >>> (32 - count);
  }

  skip(count: number): void {
    this.#bits = (this.#bits << count) >>> 0;
    this.#extra -= count;
    if (this.#extra >= 0) return;
    this.#bits = (this.#bits | (this.word() << -this.#extra)) >>> 0;
    this.#extra += 16;
  }

  byte(): number {
    const value = this.#bytes[this.position] ?? 0;
    this.position += 1;
    return value;
  }

  word(): number {
    return this.byte() | (this.byte() << 8);
  }
}
