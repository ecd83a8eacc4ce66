// The decompress workers: as many as asked for. Frames go to whoever is idle; the pieces of one stream always to the
// same worker, which holds its context.

import type { PlannedFrame } from '../../archive/reader/frame-check.ts';
import { failureOf } from '../../base/errors.ts';
import type { FramePool } from '../../memory/frame-pool.ts';
import type { SharedMemory } from '../../memory/sector-sums-simd.ts';
import { WorkerPool } from '../worker-pool.ts';
import type {
  DecompressDone,
  DecompressJob,
  DecompressWorkerData,
  FrameFile,
} from './decompress-protocol.ts';

export class DecompressPool {
  readonly #workers: WorkerPool<DecompressJob, DecompressDone>;
  #streams = 0;

  /** `memory` is the pool's, where sums are wanted fast. */
  constructor(threads: number, pool: FramePool, memory?: SharedMemory) {
    const workerData: DecompressWorkerData = { pool: pool.handle, memory };
    const kind = { entry: 'decompress-worker' as const, work: 'decompression', gently: false };
    this.#workers = new WorkerPool({ ...kind, from: import.meta.url, threads, workerData });
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

  /** Nothing more comes of `stream`; what it takes is given back. */
  async endStream(stream: number): Promise<void> {
    await this.#workers.askOne(stream, { job: 'end-stream', stream });
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. */
  close(): Promise<void> {
    return this.#workers.close();
  }
}
