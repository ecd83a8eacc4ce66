// From one stored backup to its raw bytes, in order, in slots of the pool: frames are read ahead as far as
// there are slots, decompressed on every core, and given out in the order of the file. Who takes a piece
// gives its slot back; that is the back-pressure.
import { checkEnd, readTrailer } from '../../archive/reader/archive-end.ts';
import { cutFrame, type PlannedFrame, refuseStray } from '../../archive/reader/frame-check.ts';
import { ListedFrames } from '../../archive/reader/listed-frames.ts';
import type {
  FinishedArchive,
  StoredArchive,
  StoredBackup,
} from '../../archive/reader/stored-archive.ts';
import type { StoredSeekTable } from '../../archive/reader/stored-seek-table.ts';
import { KiB } from '../../base/byte-size.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';
import { sectorBytes } from '../../memory/sector-sums.ts';
import { damaged } from '../../storage/io-failure.ts';
import { type DataFrame, FrameWalker, type WalkedFrame } from '../../zstd/frame-walker.ts';
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

interface RawReaderOptions {
  readonly pool: FramePool;
  readonly share: SlotShare;
  readonly stripe: number;
  readonly decompressor: DecompressPool;
  /** Sum the sectors of every piece. */
  readonly sums: boolean;
  /** Give out a damaged frame of known length as zeros, with its failure, and go on. */
  readonly tolerant: boolean;
}

/** Smaller than this, frames of other programs cost more one by one than as a stream. */
const tinyFrameBytes = 64 * KiB;
/** More frames than this which on average hold less than that: nobody writes such an archive but to keep readers busy. */
const manyFrames = 10_000;
const crumbBytes = 4 * KiB;

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

  /** zstd frames read so far; 0 where they are neither taken one by one nor listed. */
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
    await this.#queue.drain((piece) => this.release(piece));
  }

  async #produce(): Promise<void> {
    switch (this.#backup.form) {
      case 'archive':
        await this.#archive(this.#backup);
        this.#checkTotal(this.#backup);
        return;
      case 'zstd':
        return this.#walked(this.#backup.framesAt ?? 0);
      case 'mtf':
      case 'mssqlbak':
        return this.#raw();
    }
  }

  #checkTotal({ source, ends }: StoredArchive): void {
    if (!ends || this.#stopped || ends.trailer.rawBytes === this.#rawOffset) return;
    const said = `${this.#rawOffset} raw bytes, its trailer says ${ends.trailer.rawBytes}`;
    throw damaged(source.name, `it holds ${said}`);
  }

  #archive(archive: StoredArchive): Promise<void> {
    if (!archive.ends) return this.#walked(archive.framesAt);
    const { frameSize } = this.#options.pool.handle;
    const finished: FinishedArchive = { ...archive, ends: archive.ends };
    const isWhole = archive.header.frameSize <= frameSize && !isCrumbled(archive.ends.table);
    return isWhole ? this.#listed(finished) : this.#long(finished);
  }

  /** Frames as the seek table lists them. */
  async #listed({ ends }: FinishedArchive): Promise<void> {
    for await (const { compressedBytes: bytes, ...entry } of ends.table.entries()) {
      if (this.#stopped) return;
      this.#frames = entry.number;
      await this.#frame({ ...entry, bytes });
    }
  }

  /** Frames as they are found; from the first that is too long or too short to be taken whole, as a stream. */
  async #walked(from: number): Promise<void> {
    const { source } = this.#backup;
    const { frameSize, slotCapacity } = this.#options.pool.handle;
    const isArchive = this.#isArchive;
    const walker = new FrameWalker(source, slotCapacity, frameSize);
    for (let offset = from; !this.#stopped; ) {
      const frame = await walker.at(offset);
      if (isArchive && frame?.kind !== 'data') return this.#archiveEnds(frame);
      if (!frame) return;
      if (frame.kind === 'large') return this.#stream(offset, source.bytes);
      if (frame.kind === 'skippable') refuseStray(frame, source.name);
      else if (!isArchive && (frame.rawBytes ?? 0) < tinyFrameBytes)
        return this.#stream(offset, source.bytes);
      else await this.#found(frame);
      offset += frame.bytes;
    }
  }

  /** Also one whose header cannot be read. */
  get #isArchive(): boolean {
    return this.#backup.form === 'archive' || this.#backup.framesAt !== undefined;
  }

  #found(frame: DataFrame): Promise<void> {
    this.#frames += 1;
    return this.#frame({ ...frame, number: this.#frames, rawBytes: frame.rawBytes ?? 0 });
  }

  /** What stands behind the frames of an archive that is read from its start. */
  async #archiveEnds(frame: WalkedFrame | undefined): Promise<void> {
    const backup = this.#backup;
    const { source } = backup;
    if (frame?.kind === 'large') {
      const what = `the frame at byte ${frame.offset} is too long to be read from its start`;
      throw damaged(source.name, what, { offset: frame.offset });
    }
    const skipped = frame?.kind === 'skippable' ? frame : undefined;
    const found = { frames: this.#frames, rawBytes: this.#rawOffset };
    if (backup.form !== 'archive') await readTrailer(source, skipped, found);
    // Of a file the ends are read first, and whoever opened it knows what is wrong with them.
    else if (!source.seekable) await checkEnd(backup, skipped, found);
  }

  async #long(archive: FinishedArchive): Promise<void> {
    const { framesAt, ends } = archive;
    const listed = new ListedFrames(archive);
    await this.#stream(framesAt, framesAt + ends.trailer.compressedBytes, async (position) => {
      await listed.upTo(position);
      this.#frames = listed.checked;
    });
  }

  async #frame(planned: PlannedFrame): Promise<void> {
    const { share, stripe, pool, decompressor } = this.#options;
    const { source } = this.#backup;
    if (planned.bytes > pool.handle.slotCapacity) {
      const { offset } = planned;
      const what = `the frame at byte ${offset} is longer than a frame can be`;
      throw damaged(source.name, what, { offset });
    }
    const slot = await share.acquire(stripe);
    if (slot === undefined) return;
    const rawOffset = this.#rawOffset;
    this.#rawOffset += planned.rawBytes;
    const summed = this.#sums(rawOffset);
    const piece = {
      slot,
      bytes: planned.rawBytes,
      rawOffset,
      storedEnd: planned.offset + planned.bytes,
      summed,
    };
    // Only of a source that is read here, one read after the other: it may have but one order.
    const read = source.descriptor === undefined ? this.#fetch(planned, slot) : undefined;
    this.#queue.push(
      Promise.resolve(read)
        .then(() => decompressor.decompress(slot, planned, source, summed))
        .then(
          () => ({ ...piece, failure: undefined }),
          (thrown) => this.#spoilt(piece, thrown),
        ),
    );
    await read?.catch(() => undefined);
  }

  async #fetch(planned: PlannedFrame, slot: number): Promise<void> {
    const { source } = this.#backup;
    const target = this.#options.pool.bytes(slot).subarray(0, planned.bytes);
    if ((await source.read(target, planned.offset)) < planned.bytes)
      throw cutFrame(planned, source.name);
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
  async #raw(): Promise<void> {
    const { share, stripe, pool } = this.#options;
    const { source } = this.#backup;
    const { frameSize } = pool.handle;
    while (this.#rawOffset < source.bytes) {
      const slot = await share.acquire(stripe);
      if (slot === undefined) return;
      const wanted = Math.min(frameSize, source.bytes - this.#rawOffset);
      const target = pool.bytes(slot).subarray(0, wanted);
      const bytes = await source
        .read(target, this.#rawOffset)
        .catch((thrown) => this.#lost(slot, thrown));
      this.#push(slot, bytes, this.#rawOffset + bytes);
      if (bytes < wanted && source.seekable)
        throw damaged(source.name, 'it became shorter', { code: 'truncated' });
      if (bytes < wanted) return;
    }
  }

  /** `passed` may refuse what the decoder has gone through so far. */
  async #stream(
    start: number,
    end: number,
    passed?: (position: number) => Promise<void>,
  ): Promise<void> {
    const decoder = new StreamDecoder(this.#backup.source, start, end, this.#options.decompressor);
    try {
      await this.#decode(decoder, passed);
    } finally {
      void decoder.end();
    }
  }

  async #decode(
    decoder: StreamDecoder,
    passed?: (position: number) => Promise<void>,
  ): Promise<void> {
    const { share, stripe, pool } = this.#options;
    for (;;) {
      const slot = await share.acquire(stripe);
      if (slot === undefined) return;
      const decoded = await decoder
        .fill(slot, pool.handle.frameSize)
        .catch((thrown) => this.#lost(slot, thrown));
      this.#push(slot, decoded.filled, decoder.position);
      if (decoded.error !== undefined) throw decoder.broken(decoded.error);
      await passed?.(decoder.position);
      if (decoded.ended) return;
    }
  }

  #push(slot: number, bytes: number, storedEnd: number): void {
    const { share, stripe, decompressor } = this.#options;
    if (bytes === 0) {
      share.release(stripe, slot);
      return;
    }
    const rawOffset = this.#rawOffset;
    this.#rawOffset += bytes;
    const summed = this.#sums(rawOffset);
    const piece = { slot, bytes, rawOffset, storedEnd, summed, failure: undefined };
    const ready = summed ? decompressor.sum(slot, bytes) : Promise.resolve();
    this.#queue.push(
      ready.then(
        () => piece,
        (thrown) => this.#lost(slot, thrown),
      ),
    );
  }

  #lost(slot: number, thrown: unknown): never {
    this.#options.share.release(this.#options.stripe, slot);
    throw asError(thrown);
  }

  #sums(rawOffset: number): boolean {
    const { form } = this.#backup;
    return this.#options.sums && form !== 'mssqlbak' && rawOffset % sectorBytes === 0;
  }
}

/** One frame at a time, it would take a hundred times as long as in one stream. */
function isCrumbled({ frames, rawBytes }: StoredSeekTable): boolean {
  return frames > manyFrames && rawBytes / frames < crumbBytes;
}
