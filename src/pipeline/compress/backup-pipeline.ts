// From the virtual devices to the files: throttle, compression on every core, ordered writes, and the
// durability that SQL Server's Flush and Complete wait for. Knows nothing of SQL and nothing of FFI.

import { setTimeout as sleep } from 'node:timers/promises';
import type { TrailerFacts } from '../../archive/trailer.ts';
import type { StripeWriter } from '../../archive/writer/stripe-writer.ts';
import { asError } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';
import { completionCode } from '../completion-code.ts';
import type { CompressPool } from './compress-pool.ts';
import { Lane, type LaneWait, type LaneWriter } from './lane.ts';
import type { Throttle } from './throttle.ts';

/** Sees the raw bytes of a stripe in order before they are compressed; must not keep them. */
type RawObserver = (device: number, bytes: Uint8Array) => void;

interface BackupPipelineOptions {
  readonly pool: FramePool;
  /** Undefined: the raw bytes are stored as they come. */
  readonly compressor: CompressPool | undefined;
  readonly throttle: Throttle | undefined;
  readonly writers: readonly Pick<StripeWriter, 'appendFrame' | 'seal'>[];
  /** What the trailer of a stripe says when it is sealed. */
  readonly facts: (stripe: number) => TrailerFacts;
  readonly observe: RawObserver;
  /** The first failure of a stripe; called once per device. */
  readonly onFailure: (device: number, failure: Error) => void;
}

export class BackupPipeline {
  /** Bytes taken from SQL Server, and bytes stored for them, all stripes together. */
  rawBytes = 0;
  storedBytes = 0;
  readonly #options: BackupPipelineOptions;
  readonly #lanes: readonly Lane[];
  #syncing = 0;
  /** Frames that the throttle holds back. */
  #held = 0;

  constructor(options: BackupPipelineOptions) {
    this.#options = options;
    this.#lanes = options.writers.map((writer, device) => this.#lane(device, writer));
  }

  #lane(device: number, writer: LaneWriter): Lane {
    const lane = new Lane(this.#options.pool, writer, (stored) => {
      this.storedBytes += stored;
    });
    lane.failed.then((failure) => this.#options.onFailure(device, failure)).catch(asError);
    return lane;
  }

  /** Takes a filled slot of a device (DeviceConsumer.frame). */
  frame(device: number, slot: number, bytes: number): void {
    const raw = this.#options.pool.bytes(slot).subarray(0, bytes);
    this.rawBytes += bytes;
    this.#options.observe(device, raw);
    void this.#at(device).push(slot, bytes, this.#prepare(slot, bytes)).catch(asError);
  }

  /** Win32 completion code of a Flush or Complete (DeviceConsumer.barrier): 0 = all of the device is durable. */
  async barrier(device: number): Promise<number> {
    this.#syncing += 1;
    try {
      await this.#at(device).drained();
      await this.#options.writers[device]?.seal(this.#options.facts(device));
      return 0;
    } catch (thrown) {
      const failure = asError(thrown);
      this.#options.onFailure(device, failure);
      return completionCode(failure);
    } finally {
      this.#syncing -= 1;
    }
  }

  /** Settles when every frame given so far is written, or with the first failure. */
  async drained(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.drained()));
  }

  /** True while the throttle holds back a frame. */
  get throttled(): boolean {
    return this.#held > 0;
  }

  /** What the pipeline is waiting for, if anything: the disk counts before compression. */
  get waitsFor(): LaneWait {
    if (this.#syncing > 0 || this.#lanes.some((lane) => lane.waitsFor === 'disk')) return 'disk';
    return this.#lanes.some((lane) => lane.waitsFor === 'compression') ? 'compression' : 'nothing';
  }

  async #prepare(slot: number, bytes: number): Promise<number> {
    const { throttle, compressor } = this.#options;
    const delay = throttle?.delay(bytes) ?? 0;
    if (delay > 0) await this.#hold(delay);
    return compressor ? compressor.compress(slot, bytes) : bytes;
  }

  async #hold(ms: number): Promise<void> {
    this.#held += 1;
    await sleep(ms);
    this.#held -= 1;
  }

  #at(device: number): Lane {
    const lane = this.#lanes[device];
    if (!lane)
      throw new Error(
        `internal error: expected a device below ${this.#lanes.length}, but was ${device}`,
      );
    return lane;
  }
}
