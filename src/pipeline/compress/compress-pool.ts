// The compress workers: as many as asked for.

import type { FramePool } from '../../memory/frame-pool.ts';
import { WorkerPool } from '../worker-pool.ts';
import type { CompressDone, CompressJob, CompressWorkerData } from './compress-protocol.ts';

export class CompressPool {
  readonly #workers: WorkerPool<CompressJob, CompressDone>;

  constructor(threads: number, level: number, pool: FramePool) {
    const workerData: CompressWorkerData = { pool: pool.handle, level };
    // Gently: the main thread is making the connection.
    const kind = { entry: 'compress-worker' as const, work: 'compression', gently: true };
    this.#workers = new WorkerPool({ ...kind, from: import.meta.url, threads, workerData });
  }

  /** Bytes of the zstd frame that replaced the raw bytes in `slot`. Rejects with `Failure` when a worker died. */
  async compress(slot: number, rawBytes: number): Promise<number> {
    return (await this.#workers.ask({ slot, rawBytes })).frameBytes;
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. */
  close(): Promise<void> {
    return this.#workers.close();
  }
}
