// Made-up data pages that compress about as far as asked: rows of a fixed phrase, a counter and random bytes.
import { sealPage } from './mtf-checksum.ts';

export const pageBytes = 8192;
export const extentBytes = 65_536;
// Equal to the largest piece the native half keeps mapped, and no shorter than a frame of 4 MiB, so that no
// frame of the archive holds a repetition.
export const pageBlockBytes = 4 * 1024 * 1024;

const rowBytes = 128;
const pageHeaderBytes = 96;
const usedShare = 0.9;
// What zstd -3 spends on a row besides its random bytes, measured.
const rowOverhead = 5;
const rowsPerPage = Math.floor(((pageBytes - pageHeaderBytes) * usedShare) / rowBytes);
const defaultRatio = 4;

const made = new Map<string, Buffer>();
const mostKept = 16;

/** `pageBlockBytes` of pages with right self-ids and checksums; the same for the same arguments. Not to be changed. */
export function pageBlock(seed: number, ratio = defaultRatio): Buffer {
  const key = `${seed} ${ratio}`;
  const known = made.get(key);
  if (known) return known;
  const block = makeBlock(seed, ratio);
  if (made.size < mostKept) made.set(key, block);
  return block;
}

function makeBlock(seed: number, ratio: number): Buffer {
  const block = Buffer.alloc(pageBlockBytes);
  const random = new XorShift(seed);
  const budget = pageBytes / rowsPerPage / ratio;
  const randomBytes = Math.min(rowBytes - 16, Math.max(0, Math.round(budget - rowOverhead)));
  for (let page = 0; page < pageBlockBytes / pageBytes; page += 1) {
    const bytes = block.subarray(page * pageBytes, (page + 1) * pageBytes);
    writeHeader(bytes, page, random);
    writeRows(bytes, page, randomBytes, random);
    sealPage(bytes);
  }
  return block;
}

function writeHeader(page: Buffer, number: number, random: XorShift): void {
  page.writeUInt8(1, 0);
  page.writeUInt8(1, 1);
  page.writeUInt16LE(0x200, 4);
  page.writeUInt32LE(100 + (random.next() % 16), 24);
  page.writeUInt32LE(number, 32);
  page.writeUInt16LE(1, 36);
  page.writeUInt32LE(37, 40);
  page.writeUInt32LE(random.next() % 4096, 44);
}

function writeRows(page: Buffer, number: number, randomBytes: number, random: XorShift): void {
  const phrase = Buffer.from(`${phrases[number % phrases.length]}`.padEnd(rowBytes, '.'));
  page.writeUInt16LE(rowsPerPage, 22);
  for (let row = 0; row < rowsPerPage; row += 1) {
    const at = pageHeaderBytes + row * rowBytes;
    phrase.copy(page, at);
    page.writeUInt16LE(0x0030, at);
    page.writeUInt32LE(number * rowsPerPage + row, at + 4);
    for (let byte = 0; byte < randomBytes; byte += 1) page[at + 8 + byte] = random.next() & 0xff;
    page.writeUInt16LE(at, pageBytes - 2 * (row + 1));
  }
}

const phrases = [
  'Main Street 12  | Berlin     | shipped   | EUR | customer since 2011 | newsletter yes | no remarks',
  'Order line      | net price  | 19 percent| EUR | delivered by parcel | invoice sent   | paid',
  'Sensor reading  | hall seven | celsius   | OK  | calibrated in March | interval 60 s  | in range',
  'Access log      | GET /index | HTTP 200  | TLS | cached by the proxy | referrer empty | bot no',
];

/** Marsaglia's xorshift32: small, fast, the same everywhere. */
export class XorShift {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed >>> 0) * 2654435761 || 1;
    this.#state >>>= 0;
    if (this.#state === 0) this.#state = 1;
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
}
