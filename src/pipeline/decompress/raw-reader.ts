// From one stored backup to its raw bytes, in order, in slots of the pool: frames are read ahead as far as
// there are slots, decompressed on every core, and given out in the order of the file. Who takes a piece
// gives its slot back; that is the back-pressure.
import { cutFrame, type PlannedFrame } from '../../archive/reader/frame-check.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { asError, Failure } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';
import { sectorBytes } from '../../memory/sector-sums.ts';
import { damaged } from '../../storage/io-failure.ts';
import type { DecompressPool } from './decompress-pool.ts';
import { foundWork } from './found-work.ts';
import { listedWork } from './listed-work.ts';
import { OrderedQueue } from './ordered-queue.ts';
import type { RawContext, RawWork } from './raw-work.ts';
import type { SlotShare } from './slot-share.ts';
import { storedBytes } from './stored-bytes.ts';

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
    for await (const work of workOf(this.#backup, this.#context)) {
      if (work.kind === 'filled') this.#push(work);
      if (this.#stopped) return;
      if (work.kind === 'frame') await this.#frame(work.frame);
    }
  }

  get #context(): RawContext {
    const { pool, share, stripe, decompressor } = this.#options;
    const isStopped = () => this.#stopped;
    return {
      frameSize: pool.handle.frameSize,
      slotCapacity: pool.handle.slotCapacity,
      decompressor,
      get stopped() {
        return isStopped();
      },
      acquire: () => share.acquire(stripe),
      release: (slot) => share.release(stripe, slot),
      bytes: (slot) => pool.bytes(slot),
      count: (frames) => {
        this.#frames = frames;
      },
    };
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

  #push({ slot, bytes, storedEnd }: Extract<RawWork, { kind: 'filled' }>): void {
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
        (thrown) => {
          share.release(stripe, slot);
          throw asError(thrown);
        },
      ),
    );
  }

  #sums(rawOffset: number): boolean {
    const { form } = this.#backup;
    return this.#options.sums && form !== 'mssqlbak' && rawOffset % sectorBytes === 0;
  }
}

function workOf(backup: StoredBackup, context: RawContext): AsyncGenerator<RawWork> {
  switch (backup.form) {
    case 'archive': {
      const { ends } = backup;
      return ends ? listedWork({ ...backup, ends }, context) : foundWork(backup, context);
    }
    case 'zstd':
      return foundWork(backup, context);
    case 'mtf':
    case 'mssqlbak':
      return storedBytes(backup.source, context);
  }
}
