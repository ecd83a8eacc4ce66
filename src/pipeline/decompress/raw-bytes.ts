// Jumps about in the raw stream of a stored backup, decompressing only the frames that are asked for.
// On the calling thread, for a few frames: reading everything is raw-reader.ts.
import zstd from 'zstd-napi/binding.js';
import type { FinishedArchive, StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { SeekTableEntry, StoredSeekTable } from '../../archive/reader/stored-seek-table.ts';
import { KiB, MiB } from '../../base/byte-size.ts';
import { Failure } from '../../base/errors.ts';
import type { RawBytes } from '../../mtf/raw-bytes.ts';
import { readSome, type Source } from '../../storage/source.ts';

/** Frames kept: jumps mostly stay in one, or go from the head to the tail. */
const keptFrames = 3;
/** Longest frame that is decompressed whole: vdibackup writes 4 MiB. Of longer ones only the beginning is looked into. */
const maxLookedInto = 32 * MiB;
/** Raw bytes of those that are kept. */
const maxKeptBytes = 2 * maxLookedInto;
/** Frames decompressed before the raw stream counts as too scattered to be read at once. */
const maxFrames = 256;
/** Raw bytes of these: 256 frames of the usual 4 MiB. */
const maxRawBytes = maxFrames * 4 * MiB;
/** Of a stream without a seek table only this much can be read: its beginning. */
const maxPrefixBytes = 8 * MiB;
/** Stored bytes read for it: frames may hold next to nothing. */
const maxStoredBytes = 2 * maxPrefixBytes;
const inputBytes = 128 * KiB;
/** Read at least, and kept, of a native backup. */
const seenBytes = 4 * KiB;

/** The raw stream of a backup. Reads never fail for what is in the file: they end early. */
export function rawBytesOfBackup(backup: StoredBackup): RawBytes {
  const { source } = backup;
  switch (backup.form) {
    case 'mtf':
    case 'mssqlbak':
      return new FileBytes(source);
    case 'zstd':
      return new StreamPrefix(source, 0);
    case 'archive':
      return backup.ends && backup.header.frameSize <= maxLookedInto
        ? new FrameBytes({ ...backup, ends: backup.ends })
        : new StreamPrefix(source, backup.framesAt, backup.ends?.trailer.rawBytes);
  }
}

/** The bytes of the file themselves. Headers often stand close together: a read for each takes longer than its bytes. */
class FileBytes implements RawBytes {
  readonly gaveUp = false;
  readonly #source: Source;
  #seen: Uint8Array = new Uint8Array(0);
  #seenAt = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  get length(): number {
    return this.#source.bytes;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const from = position - this.#seenAt;
    if (from >= 0 && from + length <= this.#seen.length)
      return this.#seen.slice(from, from + length);
    const bytes = await readSome(this.#source, position, Math.max(length, seenBytes));
    [this.#seen, this.#seenAt] = [bytes.subarray(0, seenBytes), position];
    return bytes.slice(0, length);
  }
}

/** A frame in memory, or on its way there. */
interface KeptFrame {
  readonly entry: SeekTableEntry;
  /** Empty for a damaged one. */
  readonly raw: Promise<Uint8Array>;
}

class FrameBytes implements RawBytes {
  readonly length: number;
  readonly #source: Source;
  readonly #table: StoredSeekTable;
  #kept: KeptFrame[] = [];
  readonly #context = new zstd.DCtx();
  /** One for all frames: their own memory would be given back only some time later. */
  #stored = new Uint8Array(0);
  #loads = 0;
  #loadedBytes = 0;
  gaveUp = false;

  constructor({ source, ends }: FinishedArchive) {
    this.length = ends.trailer.rawBytes;
    this.#source = source;
    this.#table = ends.table;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const end = Math.min(position + length, this.length);
    for (let at = position; at < end; ) {
      const found = this.#keptAt(at) ?? (await this.#load(at));
      if (!found) break;
      const from = at - found.entry.rawOffset;
      // A copy: a view would keep a whole frame in memory for a header of 52 bytes.
      const part = (await found.raw).slice(from, from + end - at);
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  #keptAt(position: number): KeptFrame | undefined {
    return this.#kept.find(
      ({ entry: { rawOffset, rawBytes } }) =>
        position >= rawOffset && position < rawOffset + rawBytes,
    );
  }

  /** Undefined when too much was loaded, or the file is not any more what it was. */
  async #load(position: number): Promise<KeptFrame | undefined> {
    const entry = await this.#find(position);
    if (!entry) return undefined;
    this.#loads += 1;
    this.#loadedBytes += entry.rawBytes;
    if (this.#loads > maxFrames || this.#loadedBytes > maxRawBytes) {
      this.gaveUp = true;
      return undefined;
    }
    this.#makeRoom(entry.rawBytes);
    const kept = { entry, raw: this.#decompress(entry) };
    this.#kept.push(kept);
    return kept;
  }

  async #find(position: number): Promise<SeekTableEntry | undefined> {
    try {
      return await this.#table.find(position);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'integrity') return undefined;
      throw thrown;
    }
  }

  /** Before the next frame is loaded: at no time is more in memory. */
  #makeRoom(rawBytes: number): void {
    const total = () => this.#kept.reduce((sum, { entry }) => sum + entry.rawBytes, rawBytes);
    while (this.#kept.length >= keptFrames || total() > maxKeptBytes)
      if (!this.#kept.shift()) return;
  }

  async #decompress({ offset, compressedBytes, rawBytes }: SeekTableEntry): Promise<Uint8Array> {
    if (this.#stored.length < compressedBytes) this.#stored = new Uint8Array(compressedBytes);
    const stored = this.#stored.subarray(0, compressedBytes);
    const read = await this.#source.read(stored, offset);
    try {
      const raw = new Uint8Array(rawBytes);
      return raw.subarray(0, this.#context.decompress(raw, stored.subarray(0, read)));
    } catch {
      return new Uint8Array(0);
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

  /** From `start` on; `length` of the raw bytes where it is known. */
  constructor(source: Source, start: number, length?: number) {
    this.#length = length;
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
    if (whole) this.#length ??= this.#have;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(this.#raw.length * 2, maxPrefixBytes));
    larger.set(this.#raw);
    this.#raw = larger;
  }
}
