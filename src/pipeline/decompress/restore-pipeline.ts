// From the files to the virtual devices: every stripe is read and decompressed ahead as far as the pool
// reaches, and fed to its device in order. Knows nothing of SQL and nothing of FFI.

import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { asError } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';
import { readFailureCode } from '../completion-code.ts';
import type { DecompressPool } from './decompress-pool.ts';
import { type RawPiece, RawReader } from './raw-reader.ts';
import { SlotShare } from './slot-share.ts';

/** What a device is fed; the same as `Feed` of the device set. */
type DeviceFeed =
  | { readonly kind: 'piece'; readonly slot: number; readonly bytes: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly win32: number };

interface RestorePipelineOptions {
  /** More slots than stripes. */
  readonly pool: FramePool;
  readonly decompressor: DecompressPool;
  /** One per device, in its order. */
  readonly backups: readonly StoredBackup[];
  readonly feed: (device: number, feed: DeviceFeed) => void;
  /** Entries a device takes that are not consumed yet, the end included. */
  readonly feedCapacity: number;
  /** The source of a device cannot be read on, and the device has come to where it ends; at most once per device. */
  readonly onFailure: (device: number, failure: Error) => void;
}

/** What the restore is waiting for; a gauge for finding the side that is stuck. */
type RestoreWait = 'nothing' | 'source';

interface Stripe {
  readonly reader: RawReader;
  /** Slots with the device. */
  readonly fed: Set<number>;
  /** Settles when there is room before the device, or it has ended. */
  room: (() => void) | undefined;
  ended: boolean;
  waiting: boolean;
}

export class RestorePipeline {
  /** Bytes taken by SQL Server's devices, and bytes read for them, all stripes together. */
  rawBytes = 0;
  storedBytes = 0;
  /** The first failure of a source, also while SQL Server has not come to it yet. */
  failure: Error | undefined;
  readonly #options: RestorePipelineOptions;
  readonly #share: SlotShare;
  readonly #stripes: readonly Stripe[];

  /** Reads ahead at once; nothing is fed before `start`. */
  constructor(options: RestorePipelineOptions) {
    const { pool, decompressor, backups } = options;
    this.#options = options;
    this.#share = new SlotShare(pool, backups.length);
    this.#stripes = backups.map((backup, stripe) => ({
      reader: new RawReader(backup, {
        pool,
        share: this.#share,
        stripe,
        decompressor,
        sums: false,
        tolerant: false,
      }),
      fed: new Set(),
      room: undefined,
      ended: false,
      waiting: false,
    }));
  }

  /** Feeds every device until its source or its service ends. Once. */
  start(): void {
    for (const [device, stripe] of this.#stripes.entries()) {
      this.#run(device, stripe)
        .catch((thrown: unknown) => this.#failed(device, stripe, asError(thrown)))
        .catch(asError);
    }
  }

  /** A device is done with a slot. */
  consumed(device: number, slot: number): void {
    const stripe = this.#stripes[device];
    if (!stripe?.fed.delete(slot)) return;
    this.#share.release(device, slot);
    stripe.room?.();
  }

  /** A device's service is over, at the end of its source or before it. */
  ended(device: number): void {
    const stripe = this.#stripes[device];
    if (!stripe || stripe.ended) return;
    stripe.ended = true;
    for (const slot of stripe.fed) this.#share.release(device, slot);
    stripe.fed.clear();
    stripe.room?.();
    void stripe.reader.stop();
  }

  /** Reads and feeds no more. The devices must have ended, or never been served. */
  stop(): void {
    for (const device of this.#stripes.keys()) this.ended(device);
  }

  get waitsFor(): RestoreWait {
    const starving = (stripe: Stripe) => stripe.waiting && stripe.fed.size === 0;
    return this.#stripes.some(starving) ? 'source' : 'nothing';
  }

  async #run(device: number, stripe: Stripe): Promise<void> {
    const { feed } = this.#options;
    let storedEnd = 0;
    for (;;) {
      const piece = await this.#next(stripe);
      if (!piece) break;
      await this.#room(stripe);
      if (stripe.ended) {
        stripe.reader.release(piece);
        return;
      }
      this.storedBytes += piece.storedEnd - storedEnd;
      storedEnd = piece.storedEnd;
      this.rawBytes += piece.bytes;
      stripe.fed.add(piece.slot);
      feed(device, { kind: 'piece', slot: piece.slot, bytes: piece.bytes });
    }
    if (!stripe.ended) feed(device, { kind: 'end' });
  }

  async #next(stripe: Stripe): Promise<RawPiece | undefined> {
    stripe.waiting = true;
    try {
      return await stripe.reader.next();
    } finally {
      stripe.waiting = false;
    }
  }

  /** One entry stays free for the end. */
  async #room(stripe: Stripe): Promise<void> {
    while (!stripe.ended && stripe.fed.size >= this.#options.feedCapacity - 1) {
      await nextConsumed(stripe);
    }
  }

  /** In its turn: SQL Server takes what is good, and may need no more (RESTORE FILELISTONLY). */
  async #failed(device: number, stripe: Stripe, failure: Error): Promise<void> {
    if (stripe.ended) return;
    this.failure ??= failure;
    this.#options.feed(device, { kind: 'failure', win32: readFailureCode(failure) });
    while (!stripe.ended && stripe.fed.size > 0) await nextConsumed(stripe);
    if (!stripe.ended) this.#options.onFailure(device, failure);
  }
}

/** Settles when a slot comes back or the device has ended. */
async function nextConsumed(stripe: Stripe): Promise<void> {
  await new Promise<void>((resolve) => {
    stripe.room = resolve;
  });
  stripe.room = undefined;
}
