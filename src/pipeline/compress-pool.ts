// The compress workers: as many as asked for, each with its own zstd context, fed in turn.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../deferred.ts';
import { Failure } from '../errors.ts';
import type { FramePool } from '../frame-pool.ts';
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
  readonly #workers: CompressWorker[];
  readonly #waiting: CompressJob[] = [];
  readonly #answers = new Map<number, Deferred<number>>();
  #failure: Failure | undefined;

  constructor(threads: number, level: number, pool: FramePool) {
    const workerData: CompressWorkerData = { pool: pool.handle, level };
    const entry = new URL(`./compress-worker${extname(import.meta.url)}`, import.meta.url);
    this.#workers = Array.from({ length: threads }, () => {
      const worker = new Worker(entry, { workerData, resourceLimits: heapLimits });
      const member = { worker, jobs: 0 };
      worker.on('message', (done: CompressDone) => this.#done(member, done));
      worker.on('error', (error) => this.#crashed(error));
      worker.on('exit', (code) => this.#crashed(new Error(`exit code ${code}`)));
      return member;
    });
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
    for (const { worker } of this.#workers) worker.removeAllListeners('exit');
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
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
