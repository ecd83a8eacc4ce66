// Whether filemarks agree with what passed by: each lists those before it, newest first, by the bytes where they stand
// (docs/mtf.md, "Filemarks"). Nothing else tells that something between two filemarks is missing, comes twice or has moved.
import { MtfRecord } from '../fields.ts';

/** Where the list begins: said at 60 by SQL Server 2008 and later, which is where that of 2005 begins itself. */
const listAt = 72;
const oldListAt = 60;
const countAt = 56;

interface Contradiction {
  readonly message: string;
  /** What is wrong stands behind this byte, the end of the filemark before. */
  readonly rawOffset: number;
}

export class FilemarkOrder {
  readonly #start: number;
  /** Offsets from the start of the medium. */
  #first: number | undefined;
  #newest: number | undefined;
  /** Of the filemark seen last, from the start of the stream. */
  #end = 0;
  #seen = 0;
  /** Nobody has seen the filemarks of every device: lists that do not count bytes from here are left alone. */
  #countsBytes = false;

  /** Of the medium that begins at `start` of the stream. */
  constructor(start: number) {
    this.#start = start;
  }

  /** Takes the next filemark whole; the first contradiction, since more would follow from it. */
  next(mark: Uint8Array, rawOffset: number): Contradiction | undefined {
    const record = new MtfRecord(mark);
    const newest = record.u64(record.u32(oldListAt) === listAt ? listAt : oldListAt);
    if (this.#seen === 1) this.#countsBytes = newest === this.#first;
    const what = this.#countsBytes ? this.#contradiction(record.u32(countAt), newest) : undefined;
    const from = this.#end;
    this.#take(rawOffset - this.#start);
    this.#end = rawOffset + mark.length;
    if (what === undefined) return undefined;
    this.#countsBytes = false;
    return { message: `at byte ${rawOffset} is ${what}`, rawOffset: from };
  }

  #contradiction(listed: number, newest: number | undefined): string | undefined {
    if (listed !== this.#seen)
      return `a filemark behind ${listed} others, where ${this.#seen} were`;
    if (newest === this.#newest) return undefined;
    return `a filemark whose predecessor was at byte ${newest} when it was written, not at ${this.#newest}`;
  }

  #take(at: number): void {
    this.#first ??= at;
    this.#newest = at;
    this.#seen += 1;
  }
}
