// Jumps about in the raw stream of a stored backup, decompressing only the frames that are asked for.
// On the calling thread, for a few frames: reading everything is raw-reader.ts.
import zstd from 'zstd-napi/binding.js';
import {
  dataEntries,
  type FinishedArchive,
  type StoredBackup,
} from '../../archive/reader/archive-reader.js';
import { KiB, MiB } from '../../base/byte-size.js';
import type { RawBytes } from '../../mtf/raw-bytes.js';
import { readSome, type Source } from '../../storage/source.js';

/** Frames kept: jumps mostly stay in one, or go from the head to the tail. */
const keptFrames = 3;
/** Raw bytes of them: a frame may have 128 MiB, and one of that length is still kept. */
const maxKeptBytes = 128 * MiB;
/** Frames decompressed before the raw stream counts as too scattered to be read at once. */
const maxFrames = 256;
/** Raw bytes of these: 256 frames of the usual 4 MiB. */
const maxRawBytes = maxFrames * 4 * MiB;
/** Of a stream without a seek table only this much can be read: its beginning. */
const maxPrefixBytes = 8 * MiB;
/** Stored bytes read for it: frames may hold next to nothing. */
const maxStoredBytes = 2 * maxPrefixBytes;
const inputBytes = 128 * KiB;

/** The raw stream of a backup. Reads never fail for what is in the file: they end early. */
export function rawBytesOfBackup(backup: StoredBackup): RawBytes {
  const { source } = backup;
  switch (backup.form) {
    case 'mtf':
    case 'mssqlbak':
      return {
        length: source.bytes,
        gaveUp: false,
        read: (position, length) => readSome(source, position, length),
      };
    case 'zstd':
      return new StreamPrefix(source, 0);
    case 'archive':
      return backup.ends
        ? new FrameBytes({ ...backup, ends: backup.ends })
        : new StreamPrefix(source, backup.framesAt);
  }
}

class FrameBytes implements RawBytes {
  readonly length: number;
  readonly #source: Source;
  /** Per frame, and one more for the end. */
  readonly #offsets: Float64Array;
  readonly #rawOffsets: Float64Array;
  readonly #kept = new Map<number, Promise<Uint8Array>>();
  readonly #context = new zstd.DCtx();
  #loads = 0;
  #loadedBytes = 0;
  gaveUp = false;

  constructor(archive: FinishedArchive) {
    const { trailer } = archive.ends;
    this.length = trailer.rawBytes;
    this.#source = archive.source;
    this.#offsets = new Float64Array(trailer.frames + 1);
    this.#rawOffsets = new Float64Array(trailer.frames + 1);
    let index = 0;
    for (const { offset, rawOffset } of dataEntries(archive.ends)) {
      this.#offsets[index] = offset;
      this.#rawOffsets[index] = rawOffset;
      index += 1;
    }
    this.#offsets[index] = archive.framesAt + trailer.compressedBytes;
    this.#rawOffsets[index] = trailer.rawBytes;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const end = Math.min(position + length, this.length);
    for (let at = position; at < end; ) {
      const index = this.#frameOf(at);
      const from = at - (this.#rawOffsets[index] as number);
      const frame = await this.#frame(index);
      // A copy: a view would keep a whole frame in memory for a header of 52 bytes.
      const part = frame.slice(from, from + end - at);
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  #frameOf(position: number): number {
    let [low, high] = [0, this.#rawOffsets.length - 2];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#rawOffsets[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #frame(index: number): Promise<Uint8Array> {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    this.#makeRoom(this.#rawBytesOf(index));
    const loaded = this.#load(index);
    this.#kept.set(index, loaded);
    return loaded;
  }

  /** Before the next frame is loaded: at no time is more in memory. */
  #makeRoom(rawBytes: number): void {
    let total = rawBytes;
    for (const index of this.#kept.keys()) total += this.#rawBytesOf(index);
    for (const index of this.#kept.keys()) {
      if (this.#kept.size < keptFrames && total <= maxKeptBytes) return;
      this.#kept.delete(index);
      total -= this.#rawBytesOf(index);
    }
  }

  #rawBytesOf(index: number): number {
    return (this.#rawOffsets[index + 1] as number) - (this.#rawOffsets[index] as number);
  }

  /** Empty for a damaged frame. */
  async #load(index: number): Promise<Uint8Array> {
    const rawBytes = this.#rawBytesOf(index);
    this.#loads += 1;
    this.#loadedBytes += rawBytes;
    const nothing = new Uint8Array(0);
    if (this.#loads > maxFrames || this.#loadedBytes > maxRawBytes) {
      this.gaveUp = true;
      return nothing;
    }
    const bytes = (this.#offsets[index + 1] as number) - (this.#offsets[index] as number);
    const frame = await readSome(this.#source, this.#offsets[index] as number, bytes);
    try {
      const raw = new Uint8Array(rawBytes);
      return raw.subarray(0, this.#context.decompress(raw, frame));
    } catch {
      return nothing;
    }
  }
}

/** The beginning of a stream that can only be read from its start. */
class StreamPrefix implements RawBytes {
  gaveUp = false;
  #length: number | undefined;
  readonly #source: Source;
  readonly #context = new zstd.DCtx();
  #raw = new Uint8Array(256 * KiB);
  #have = 0;
  readonly #start: number;
  #at: number;
  /** Read, but not decompressed yet. */
  #input: Uint8Array = new Uint8Array(0);
  /** What zstd asked for last, bytes; 0 at the end of a frame. */
  #wanted = 0;
  #ended = false;

  constructor(source: Source, start: number) {
    this.#source = source;
    this.#start = start;
    this.#at = start;
  }

  get length(): number | undefined {
    return this.#length;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(position + length, maxPrefixBytes);
    this.gaveUp ||= position + length > end && !this.#ended;
    while (this.#have < end && !this.#ended) await this.#more();
    return this.#raw.subarray(Math.min(position, this.#have), Math.min(end, this.#have));
  }

  async #more(): Promise<void> {
    if (this.#input.length === 0) await this.#refill();
    if (this.#have === this.#raw.length) this.#grow();
    const atEnd = this.#input.length === 0;
    try {
      const target = this.#raw.subarray(this.#have);
      const [wanted, made, used] = this.#context.decompressStream(target, this.#input);
      this.#have += made;
      this.#input = this.#input.subarray(used);
      // Between two frames no input is taken for the beginning of the next one, which wants more.
      if (made === 0 && used === 0) this.#end(atEnd && this.#wanted === 0);
      else this.#wanted = wanted;
    } catch {
      this.#end(false);
    }
    if (this.#have >= maxPrefixBytes) this.#end(false);
  }

  async #refill(): Promise<void> {
    if (this.#at - this.#start >= maxStoredBytes) {
      this.gaveUp = true;
      return this.#end(false);
    }
    this.#input = await readSome(this.#source, this.#at, inputBytes);
    this.#at += this.#input.length;
  }

  #end(whole: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    if (whole) this.#length = this.#have;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(this.#raw.length * 2, maxPrefixBytes));
    larger.set(this.#raw);
    this.#raw = larger;
  }
}
