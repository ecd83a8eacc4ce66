// The compress workers: as many as asked for, each with its own zstd context, fed in turn.

import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type Deferred, deferred } from '../deferred.ts';
import { Failure } from '../errors.ts';
import type { FramePool } from '../frame-pool.ts';
import { workerEntry } from '../worker-entry.ts';
import type { CompressDone, CompressJob, CompressWorkerData } from './compress-protocol.ts';

/** Jobs given to one worker at a time: the second one waits in its queue, so that it never idles for a message. */
const jobsPerWorker = 2;

/** The JavaScript of a worker is a handful of objects; buffers and zstd live outside of its heap. */
const heapLimits = { maxYoungGenerationSizeMb: 2 };

interface CompressWorker {
  readonly worker: Worker;
  jobs: number;
}

export class CompressPool {
  readonly #workers: CompressWorker[] = [];
  readonly #options: WorkerOptions;
  readonly #waiting: CompressJob[] = [];
  readonly #answers = new Map<number, Deferred<number>>();
  #failure: Failure | undefined;
  #closed = false;

  constructor(threads: number, level: number, pool: FramePool) {
    const workerData: CompressWorkerData = { pool: pool.handle, level };
    this.#options = { workerData, resourceLimits: heapLimits };
    this.#start(threads);
  }

  /** Bytes of the zstd frame that replaced the raw bytes in `slot`. Rejects with `Failure` when a worker died. */
  compress(slot: number, rawBytes: number): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure);
    const answer = deferred<number>();
    this.#answers.set(slot, answer);
    this.#waiting.push({ slot, rawBytes });
    this.#feed();
    return answer.promise;
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { worker } of this.#workers) worker.removeAllListeners('exit');
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
  }

  /**
   * One after the other: a thread starts for 30 ms of processor time, and all of them at once would take the cores
   * from the main thread, which is making the connection meanwhile.
   */
  #start(threads: number): void {
    if (threads === 0 || this.#closed) return;
    const worker = new Worker(workerEntry('compress-worker', import.meta.url), this.#options);
    const member = { worker, jobs: 0 };
    worker.once('online', () => this.#start(threads - 1));
    worker.on('message', (done: CompressDone) => this.#done(member, done));
    worker.on('error', (error) => this.#crashed(error));
    worker.on('exit', (code) => this.#crashed(new Error(`exit code ${code}`)));
    this.#workers.push(member);
    this.#feed();
  }

  #feed(): void {
    while (this.#waiting.length > 0) {
      const idlest = this.#workers.reduce((best, member) =>
        member.jobs < best.jobs ? member : best,
      );
      if (idlest.jobs >= jobsPerWorker) return;
      idlest.jobs += 1;
      idlest.worker.postMessage(this.#waiting.shift());
    }
  }

  #done(member: CompressWorker, { slot, frameBytes }: CompressDone): void {
    member.jobs -= 1;
    const answer = this.#answers.get(slot);
    this.#answers.delete(slot);
    this.#feed();
    answer?.resolve(frameBytes);
  }

  #crashed(cause: Error): void {
    this.#failure ??= new Failure(
      'unclassified',
      'compress-worker-crashed',
      `a compression thread died: ${cause.message}`,
      {
        cause,
        hints: ['Run again with fewer --threads; if it repeats, report it with the lines above.'],
      },
    );
    for (const answer of this.#answers.values()) answer.reject(this.#failure);
    this.#answers.clear();
  }
}
