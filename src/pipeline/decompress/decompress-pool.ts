// The decompress workers: as many as asked for. Frames go to whoever is idle; the pieces of one stream always to the
// same worker, which holds its context.

import type { PlannedFrame } from '../../archive/reader/frame-check.js';
import { failureOf } from '../../errors.js';
import type { FramePool } from '../../memory/frame-pool.js';
import type { SharedMemory } from '../../memory/sector-sums-simd.js';
import { WorkerPool } from '../worker-pool.js';
import type {
  DecompressDone,
  DecompressJob,
  DecompressWorkerData,
  FrameFile,
} from './decompress-protocol.js';

export class DecompressPool {
  readonly #workers: WorkerPool<DecompressJob, DecompressDone>;
  #streams = 0;

  /** `memory` is the pool's, where sums are wanted fast. */
  constructor(threads: number, pool: FramePool, memory?: SharedMemory) {
    const workerData: DecompressWorkerData = { pool: pool.handle, memory };
    const kind = { entry: 'decompress-worker', work: 'decompression', gently: false };
    this.#workers = new WorkerPool({ ...kind, threads, workerData });
  }

  /**
   * Puts the raw bytes of `frame` into `slot`. Without a descriptor of `file` the slot holds the frame's own bytes.
   * Rejects with the `Failure` of the frame (`integrity`), of the file (`io`), or of a worker that died.
   */
  async decompress(
    slot: number,
    frame: PlannedFrame,
    { name, descriptor }: FrameFile,
    sums: boolean,
  ): Promise<void> {
    const file = { name, descriptor };
    const { failure } = await this.#workers.ask({ job: 'frame', slot, frame, file, sums });
    if (failure) throw failureOf(failure);
  }

  /** Sums the sectors of the raw bytes in `slot`. */
  async sum(slot: number, bytes: number): Promise<void> {
    await this.#workers.ask({ job: 'sums', slot, bytes });
  }

  /** A new stream, for `stream`. */
  openStream(): number {
    this.#streams += 1;
    return this.#streams;
  }

  /** Decompresses more of a stream into `slot`, behind its first `filled` bytes. One call per stream at a time. */
  stream(stream: number, input: Uint8Array, slot: number, filled: number): Promise<DecompressDone> {
    return this.#workers.askOne(stream, { job: 'stream', stream, input, slot, filled });
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. */
  close(): Promise<void> {
    return this.#workers.close();
  }
}
