// The seek table of a stored archive (seek-table.ts has its layout). It may have 2^27 entries, so it stays in the file:
// a block of it is in memory at a time, and every entry is held against bounds that do not come from it, each time.

import { damaged } from '../../storage/io-failure.ts';
import { readExactly, type Source } from '../../storage/source.ts';
import { compressBound, minFrameBytes } from '../../zstd/frame-header.ts';
import {
  decodeSkippableHead,
  seekTableFrameMagic,
  skippableHeadBytes,
} from '../../zstd/skippable-frame.ts';
import {
  decodeSeekTableFooter,
  emptyChecksum,
  seekTableBytes,
  seekTableEntryBytes,
  seekTableFooterBytes,
} from '../seek-table.ts';

/** Entries of a block: 192 KiB. */
const blockEntries = 0x4000;

/** A zstd frame that the table lists. */
export interface SeekTableEntry {
  /** Counted from 1. */
  readonly number: number;
  /** Offset of the frame in the file, bytes. */
  readonly offset: number;
  readonly compressedBytes: number;
  /** Offset of the frame's data in the raw stream, bytes. */
  readonly rawOffset: number;
  readonly rawBytes: number;
  readonly checksum: number;
}

/** What is known of the table before it is read. */
interface SeekTablePlace {
  readonly source: Source;
  /** Offset of the table in the file. */
  readonly at: number;
  /** Entries: the zstd frames, the header and the trailer. */
  readonly count: number;
  readonly headerBytes: number;
  readonly trailerBytes: number;
  /** As the header has it. */
  readonly frameSize: number;
}

/** One entry as it stands there. */
interface StoredEntry {
  readonly stored: number;
  readonly raw: number;
  readonly checksum: number;
}

export class StoredSeekTable {
  readonly #place: SeekTablePlace;
  readonly #blocks: number;
  /** Where the first frame of each block begins, in the file and in the raw stream; and where the last one ends. */
  readonly #offsets: Float64Array;
  readonly #rawOffsets: Float64Array;

  private constructor(place: SeekTablePlace) {
    this.#place = place;
    this.#blocks = Math.ceil(place.count / blockEntries);
    this.#offsets = new Float64Array(this.#blocks + 1);
    this.#rawOffsets = new Float64Array(this.#blocks + 1);
  }

  /** Reads all of it once, onwards. Failure `integrity` unless its frames fill the file from the start to the table. */
  static async read(place: SeekTablePlace): Promise<StoredSeekTable> {
    const table = new StoredSeekTable(place);
    await table.#checkHead();
    for (let block = 0; block < table.#blocks; block += 1) await table.#pass(block);
    await table.#checkEnd();
    return table;
  }

  /** zstd frames. */
  get frames(): number {
    return this.#place.count - 2;
  }

  /** Of all zstd frames together. */
  get rawBytes(): number {
    return this.#rawOffsets[this.#blocks] as number;
  }

  get compressedBytes(): number {
    const { headerBytes, trailerBytes, at } = this.#place;
    return at - headerBytes - trailerBytes;
  }

  /** Where the trailer stands in the file, and how long it is. */
  get trailerAt(): number {
    return this.#place.at - this.#place.trailerBytes;
  }

  get trailerBytes(): number {
    return this.#place.trailerBytes;
  }

  /** Every zstd frame in file order. Failure `integrity` where the file is not any more what it was. */
  async *entries(): AsyncGenerator<SeekTableEntry> {
    for (let block = 0; block < this.#blocks; block += 1) yield* await this.#entries(block);
  }

  /** The frame that holds the raw byte at `rawOffset`; undefined behind the last. */
  async find(rawOffset: number): Promise<SeekTableEntry | undefined> {
    if (rawOffset >= this.rawBytes) return undefined;
    const behind = this.#rawOffsets.findIndex((start) => start > rawOffset);
    for (const entry of await this.#entries(behind - 1))
      if (entry.rawOffset + entry.rawBytes > rawOffset) return entry;
    return undefined;
  }

  async #checkHead(): Promise<void> {
    const { source, at, count } = this.#place;
    const head = decodeSkippableHead(
      await readExactly(source, at, skippableHeadBytes),
      source.name,
    );
    const contentBytes = seekTableBytes(count) - skippableHeadBytes;
    if (head.magic !== seekTableFrameMagic || head.contentBytes !== contentBytes)
      throw damaged(
        source.name,
        `the seek table at byte ${at} is not that of ${count - 2} frames`,
        { offset: at },
      );
  }

  async #checkEnd(): Promise<void> {
    const { source, at, count } = this.#place;
    const found = this.#offsets[this.#blocks] as number;
    if (found !== at) throw otherLength(source.name, found, at);
    const end = at + seekTableBytes(count);
    const tail = await readExactly(source, end - seekTableFooterBytes, seekTableFooterBytes);
    const footer = decodeSeekTableFooter(tail, end, source.name);
    if (footer?.entries !== count) throw damaged(source.name, 'its seek table is cut');
  }

  async #pass(block: number): Promise<void> {
    let [offset, rawOffset] = [this.#offsets[block] as number, this.#rawOffsets[block] as number];
    for (const { stored, raw } of await this.#stored(block)) {
      offset += stored;
      rawOffset += raw;
    }
    if (offset > this.#place.at) throw otherLength(this.#place.source.name, offset, this.#place.at);
    this.#offsets[block + 1] = offset;
    this.#rawOffsets[block + 1] = rawOffset;
  }

  async #entries(block: number): Promise<Iterable<SeekTableEntry>> {
    return this.#placed(block, await this.#stored(block));
  }

  *#placed(block: number, entries: Iterable<StoredEntry>): Generator<SeekTableEntry> {
    let number = block * blockEntries;
    let [offset, rawOffset] = [this.#offsets[block] as number, this.#rawOffsets[block] as number];
    for (const { stored: compressedBytes, raw: rawBytes, checksum } of entries) {
      const isData = number > 0 && number <= this.frames;
      if (isData) yield { number, offset, compressedBytes, rawOffset, rawBytes, checksum };
      number += 1;
      offset += compressedBytes;
      rawOffset += rawBytes;
    }
  }

  async #stored(block: number): Promise<Iterable<StoredEntry>> {
    const { source, at, count } = this.#place;
    const first = block * blockEntries;
    const entries = Math.min(blockEntries, count - first);
    const from = at + skippableHeadBytes + first * seekTableEntryBytes;
    return this.#checked(first, await readExactly(source, from, entries * seekTableEntryBytes));
  }

  *#checked(first: number, bytes: Uint8Array): Generator<StoredEntry> {
    let index = first;
    for (let at = 0; at < bytes.length; at += seekTableEntryBytes) {
      const entry = decodeEntry(bytes.subarray(at, at + seekTableEntryBytes));
      this.#check(entry, index);
      yield entry;
      index += 1;
    }
  }

  #check(entry: StoredEntry, index: number): void {
    const { source, count, headerBytes, trailerBytes, frameSize } = this.#place;
    const isHeader = index === 0;
    if (isHeader || index === count - 1)
      checkOuter(entry, isHeader ? headerBytes : trailerBytes, source.name);
    else checkFrame(entry, frameSize, source.name);
  }
}

/** Of 12 bytes. */
function decodeEntry(bytes: Uint8Array): StoredEntry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [stored, raw, checksum] = [0, 4, 8].map((at) => view.getUint32(at, true));
  return { stored, raw, checksum } as StoredEntry;
}

/** Bytes of the frame in front of the table that `tail`, the end of a table, lists last. */
export function lastFrameBytes(tail: Uint8Array): number {
  return decodeEntry(tail.subarray(-seekTableEntryBytes - seekTableFooterBytes)).stored;
}

function checkOuter({ stored, raw, checksum }: StoredEntry, bytes: number, file: string): void {
  if (stored !== bytes)
    throw damaged(file, 'its seek table does not begin with its header and end with its trailer');
  if (raw !== 0 || checksum !== emptyChecksum)
    throw damaged(file, 'its seek table counts its header or trailer as data');
}

function checkFrame({ stored, raw }: StoredEntry, frameSize: number, file: string): void {
  if (raw < 1 || raw > frameSize)
    throw damaged(file, `its seek table names a frame of ${raw} raw bytes`);
  if (stored < minFrameBytes || stored > compressBound(frameSize))
    throw damaged(file, `its seek table names a frame of ${stored} stored bytes`);
}

function otherLength(file: string, found: number, expected: number) {
  return damaged(file, `its seek table describes ${found} bytes of ${expected}`);
}
