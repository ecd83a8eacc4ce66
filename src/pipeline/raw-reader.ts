// From one stored backup to its raw bytes, in order, in slots of the pool: frames are read ahead as far as
// there are slots, decompressed on every core, and given out in the order of the file. Who takes a piece
// gives its slot back; that is the back-pressure.
import type { FinishedArchive, StoredArchive, StoredBackup } from '../archive/archive-reader.ts';
import { dataEntries } from '../archive/archive-reader.ts';
import { decodeFrameHeader, frameChecksum } from '../archive/frame-header.ts';
import { FrameWalker } from '../archive/frame-walker.ts';
import { damaged } from '../archive/io-failure.ts';
import { asError, Failure } from '../errors.ts';
import type { FramePool } from '../frame-pool.ts';
import { sectorBytes } from '../sector-sums.ts';
import type { DecompressPool } from './decompress-pool.ts';
import { OrderedQueue } from './ordered-queue.ts';
import type { SlotShare } from './slot-share.ts';
import { StreamDecoder } from './stream-decoder.ts';

/** A run of consecutive raw bytes. */
export interface RawPiece {
  readonly slot: number;
  /** Raw bytes at the start of the slot. */
  readonly bytes: number;
  /** Where they begin in the raw stream. */
  readonly rawOffset: number;
  /** End of what was read of the file for them, bytes. */
  readonly storedEnd: number;
  /** Whether their sector sums stand behind them (decompress-protocol.ts). */
  readonly summed: boolean;
  /** Why they are not good; the slot then holds zeros in their place. Only for a `tolerant` reader. */
  readonly failure: Failure | undefined;
}

export interface RawReaderOptions {
  readonly pool: FramePool;
  readonly share: SlotShare;
  readonly stripe: number;
  readonly decompressor: DecompressPool;
  /** Sum the sectors of every piece. */
  readonly sums: boolean;
  /** Give out a damaged frame of known length as zeros, with its failure, and go on. */
  readonly tolerant: boolean;
}

/** A frame to read; its length and place are known. */
interface PlannedFrame {
  readonly offset: number;
  readonly bytes: number;
  readonly rawBytes: number;
  /** As the seek table has it. */
  readonly checksum?: number;
}

export class RawReader {
  readonly #backup: StoredBackup;
  readonly #options: RawReaderOptions;
  readonly #queue = new OrderedQueue<RawPiece>();
  #rawOffset = 0;
  #frames = 0;
  #stopped = false;

  constructor(backup: StoredBackup, options: RawReaderOptions) {
    this.#backup = backup;
    this.#options = options;
    this.#produce().then(
      () => this.#queue.end(),
      (thrown) => this.#queue.fail(thrown),
    );
  }

  /** zstd frames read so far; 0 where they are not taken one by one. */
  get frames(): number {
    return this.#frames;
  }

  /** The next piece, undefined after the last. Rejects with the `Failure` of the source. One call at a time. */
  next(): Promise<RawPiece | undefined> {
    return this.#queue.next();
  }

  /** Gives the slot of a piece back. */
  release(piece: RawPiece): void {
    this.#options.share.release(this.#options.stripe, piece.slot);
  }

  /** Reads no more; settles when every slot this reader held is given back. Pieces taken before are the taker's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.share.retire(this.#options.stripe);
    for (;;) {
      const piece = await this.#queue.next().catch(() => undefined);
      if (!piece) return;
      this.release(piece);
    }
  }

  async #produce(): Promise<void> {
    const { form, source } = this.#backup;
    switch (form) {
      case 'archive':
        return this.#archive(this.#backup);
      case 'zstd':
        return this.#walked(0);
      case 'mtf':
      case 'mssqlbak':
        return this.#raw(source.bytes);
    }
  }

  #archive(archive: StoredArchive): Promise<void> {
    if (!archive.ends) return this.#walked(archive.framesAt);
    const { frameSize } = this.#options.pool.handle;
    const finished: FinishedArchive = { ...archive, ends: archive.ends };
    return archive.header.frameSize <= frameSize ? this.#listed(finished) : this.#long(finished);
  }

  /** Frames as the seek table lists them. */
  async #listed({ ends }: FinishedArchive): Promise<void> {
    for (const { offset, compressedBytes, rawBytes, checksum } of dataEntries(ends)) {
      if (this.#stopped) return;
      await this.#frame({ offset, bytes: compressedBytes, rawBytes, checksum });
    }
  }

  /** Frames as they are found; from the first that is too long or too short to be taken whole, as a stream. */
  async #walked(from: number): Promise<void> {
    const { source } = this.#backup;
    const { frameSize, slotCapacity } = this.#options.pool.handle;
    const walker = new FrameWalker(source, slotCapacity, frameSize);
    for (let offset = from; !this.#stopped; ) {
      const frame = await walker.at(offset);
      if (!frame) return;
      if (frame.kind === 'large') return this.#stream(offset, source.bytes);
      if (frame.kind === 'data') {
        if (isTiny(frame) && this.#backup.form === 'zstd') return this.#stream(offset, source.bytes);
        await this.#frame({ ...frame, rawBytes: frame.rawBytes ?? 0 });
      } else if (this.#backup.form === 'archive') return;
      offset += frame.bytes;
    }
  }

  #long({ ends, framesAt }: FinishedArchive): Promise<void> {
    return this.#stream(framesAt, framesAt + ends.trailer.compressedBytes);
  }

  async #frame(planned: PlannedFrame): Promise<void> {
    const { share, stripe, pool } = this.#options;
    const { source } = this.#backup;
    if (planned.bytes > pool.handle.slotCapacity) {
      throw damaged(source.name, `the frame at byte ${planned.offset} is longer than a frame can be`);
    }
    const slot = await share.acquire(stripe);
    if (slot === undefined) return;
    const rawOffset = this.#rawOffset;
    this.#rawOffset += planned.rawBytes;
    this.#frames += 1;
    const summed = this.#sums(rawOffset);
    const piece = {
      slot,
      bytes: planned.rawBytes,
      rawOffset,
      storedEnd: planned.offset + planned.bytes,
      summed,
    };
    const bytes = pool.bytes(slot).subarray(0, planned.bytes);
    const read = source.read(bytes, planned.offset);
    this.#queue.push(
      read
        .then((length) => this.#decompress(planned, slot, length, summed))
        .then(
          () => ({ ...piece, failure: undefined }),
          (thrown) => this.#spoilt(piece, thrown),
        ),
    );
    // One read at a time: a disk is read in order, and the next slot is only taken when it is needed.
    await read.catch(() => undefined);
  }

  async #decompress(
    planned: PlannedFrame,
    slot: number,
    length: number,
    sums: boolean,
  ): Promise<void> {
    const { pool, decompressor } = this.#options;
    const what = `${this.#backup.source.name}`;
    const where = `frame ${this.#frames} at byte ${planned.offset}`;
    if (length < planned.bytes) throw damaged(what, `${where} is cut short`, 'truncated');
    checkFrame(pool.bytes(slot).subarray(0, planned.bytes), planned, what, where);
    const done = await decompressor.decompress(slot, planned.bytes, planned.rawBytes, sums);
    if (done.error !== undefined) throw damaged(what, `${where}: ${done.error}`);
    if (done.produced !== planned.rawBytes)
      throw damaged(what, `${where} holds ${done.produced} raw bytes, not ${planned.rawBytes}`);
  }

  #spoilt(piece: Omit<RawPiece, 'failure'>, thrown: unknown): RawPiece {
    const failure = asError(thrown);
    const tolerable = failure instanceof Failure && failure.kind === 'integrity';
    if (!this.#options.tolerant || !tolerable) {
      this.#options.share.release(this.#options.stripe, piece.slot);
      throw failure;
    }
    this.#options.pool.bytes(piece.slot).fill(0);
    return { ...piece, failure };
  }

  /** The bytes of the file themselves. */
  async #raw(end: number): Promise<void> {
    const { share, stripe, pool, decompressor } = this.#options;
    const { source } = this.#backup;
    const { frameSize } = pool.handle;
    while (this.#rawOffset < end) {
      const slot = await share.acquire(stripe);
      if (slot === undefined) return;
      const rawOffset = this.#rawOffset;
      const bytes = Math.min(frameSize, end - rawOffset);
      this.#rawOffset += bytes;
      const read = source.read(pool.bytes(slot).subarray(0, bytes), rawOffset);
      const summed = this.#sums(rawOffset) && this.#backup.form === 'mtf';
      const piece = { slot, bytes, rawOffset, storedEnd: rawOffset + bytes, summed };
      this.#queue.push(
        read
          .then((length) => {
            if (length < bytes) throw damaged(source.name, 'it became shorter', 'truncated');
            return summed ? decompressor.sum(slot, bytes) : undefined;
          })
          .then(
            () => ({ ...piece, failure: undefined }),
            (thrown) => this.#lost(slot, thrown),
          ),
      );
      await read.catch(() => undefined);
    }
  }

  async #stream(start: number, end: number): Promise<void> {
    const { share, stripe, pool, decompressor } = this.#options;
    const decoder = new StreamDecoder(this.#backup.source, start, end, decompressor);
    for (;;) {
      const slot = await share.acquire(stripe);
      if (slot === undefined) return;
      const decoded = await decoder
        .fill(slot, pool.handle.frameSize)
        .catch((thrown) => this.#lost(slot, thrown));
      this.#push(slot, decoded.filled, decoder.position);
      if (decoded.error !== undefined) throw this.#brokenStream(decoder.position, decoded.error);
      if (decoded.ended) return;
    }
  }

  #push(slot: number, bytes: number, storedEnd: number): void {
    const { share, stripe, decompressor } = this.#options;
    if (bytes === 0) return share.release(stripe, slot);
    const rawOffset = this.#rawOffset;
    this.#rawOffset += bytes;
    const summed = this.#sums(rawOffset);
    const piece = { slot, bytes, rawOffset, storedEnd, summed, failure: undefined };
    const ready = summed ? decompressor.sum(slot, bytes) : Promise.resolve();
    this.#queue.push(ready.then(() => piece, (thrown) => this.#lost(slot, thrown)));
  }

  #lost(slot: number, thrown: unknown): never {
    this.#options.share.release(this.#options.stripe, slot);
    throw asError(thrown);
  }

  #brokenStream(position: number, words: string): Failure {
    const { name } = this.#backup.source;
    if (/memory/i.test(words)) {
      return new Failure('integrity', 'window-too-large', `${name} cannot be decompressed: ${words}`, {
        hints: [`decompress it yourself first: zstd -d --long=31 --memory=2048MB ${name}`],
      });
    }
    return damaged(name, `near byte ${position}: ${words}`);
  }

  #sums(rawOffset: number): boolean {
    return this.#options.sums && rawOffset % sectorBytes === 0;
  }
}

/** Smaller than this, frames of other programs cost more one by one than as a stream. */
const tinyFrameBytes = 64 * 1024;

function isTiny({ rawBytes }: { readonly rawBytes: number | undefined }): boolean {
  return (rawBytes ?? 0) < tinyFrameBytes;
}

/** What the frame says of itself must be what the table says. */
function checkFrame(frame: Uint8Array, planned: PlannedFrame, file: string, where: string): void {
  const header = decodeFrameHeader(frame, `${file}, ${where}`);
  if (header.contentSize !== planned.rawBytes || header.dictionaryId !== 0)
    throw damaged(file, `${where} says it holds ${header.contentSize} raw bytes, not ${planned.rawBytes}`);
  if (planned.checksum === undefined) return;
  if (!header.hasChecksum || frameChecksum(frame) !== planned.checksum)
    throw damaged(file, `${where} has another checksum than the seek table`);
}
