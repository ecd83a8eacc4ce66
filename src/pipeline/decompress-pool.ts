// The decompress workers: as many as asked for, each with its own zstd context, fed in turn. Frames go to
// whoever is idle; the pieces of one stream always to the same worker, which holds its context.

import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PlannedFrame } from '../archive/frame-check.ts';
import { type Deferred, deferred } from '../deferred.ts';
import { Failure, failureOf } from '../errors.ts';
import type { FramePool } from '../frame-pool.ts';
import type { SharedMemory } from '../sector-sums-simd.ts';
import { workerEntry } from '../worker-entry.ts';
import type {
  DecompressDone,
  DecompressJob,
  DecompressWorkerData,
  FrameFile,
} from './decompress-protocol.ts';

/** As in the compress pool: the second job waits in the worker's queue, so that it never idles for a message. */
const jobsPerWorker = 2;
/** How long a worker may take to end: in a read of a dead network share it cannot, ms. */
const closingMs = 500;
const heapLimits = { maxYoungGenerationSizeMb: 2 };

interface DecompressWorker {
  readonly worker: Worker;
  jobs: number;
}

export class DecompressPool {
  readonly #workers: DecompressWorker[];
  readonly #waiting: DecompressJob[] = [];
  readonly #answers = new Map<number, Deferred<DecompressDone>>();
  #lastId = 0;
  #streams = 0;
  #failure: Failure | undefined;

  /** `memory` is the pool's, where sums are wanted fast. */
  constructor(threads: number, pool: FramePool, memory?: SharedMemory) {
    const workerData: DecompressWorkerData = { pool: pool.handle, memory };
    const entry = workerEntry('decompress-worker', import.meta.url);
    this.#workers = Array.from({ length: threads }, () => {
      const worker = new Worker(entry, { workerData, resourceLimits: heapLimits });
      const member = { worker, jobs: 0 };
      worker.on('message', (done: DecompressDone) => this.#done(member, done));
      worker.on('error', (error) => this.#crashed(error));
      worker.on('exit', (code) => this.#crashed(new Error(`exit code ${code}`)));
      return member;
    });
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
    const done = await this.#anywhere({ job: 'frame', id: this.#id(), slot, frame, file, sums });
    if (done.failure) throw failureOf(done.failure);
  }

  /** Sums the sectors of the raw bytes in `slot`. */
  sum(slot: number, bytes: number): Promise<DecompressDone> {
    return this.#anywhere({ job: 'sums', id: this.#id(), slot, bytes });
  }

  /** A new stream, for `stream`. */
  openStream(): number {
    this.#streams += 1;
    return this.#streams;
  }

  /** Decompresses more of a stream into `slot`, behind its first `filled` bytes. One call per stream at a time. */
  stream(stream: number, input: Uint8Array, slot: number, filled: number): Promise<DecompressDone> {
    const member = this.#workers[stream % this.#workers.length];
    const job: DecompressJob = { job: 'stream', id: this.#id(), stream, input, slot, filled };
    return this.#ask(job, () => this.#post(member as DecompressWorker, job));
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. One that a disk does not answer is left. */
  async close(): Promise<void> {
    for (const { worker } of this.#workers) worker.removeAllListeners('exit');
    const ended = Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
    await Promise.race([ended, sleep(closingMs, undefined, { ref: false })]);
  }

  #id(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #anywhere(job: DecompressJob): Promise<DecompressDone> {
    return this.#ask(job, () => {
      this.#waiting.push(job);
      this.#feed();
    });
  }

  #ask(job: DecompressJob, send: () => void): Promise<DecompressDone> {
    if (this.#failure) return Promise.reject(this.#failure);
    const answer = deferred<DecompressDone>();
    this.#answers.set(job.id, answer);
    send();
    return answer.promise;
  }

  #feed(): void {
    while (this.#waiting.length > 0) {
      const idlest = this.#workers.reduce((best, member) =>
        member.jobs < best.jobs ? member : best,
      );
      if (idlest.jobs >= jobsPerWorker) return;
      this.#post(idlest, this.#waiting.shift() as DecompressJob);
    }
  }

  #post(member: DecompressWorker, job: DecompressJob): void {
    member.jobs += 1;
    member.worker.postMessage(job);
  }

  #done(member: DecompressWorker, done: DecompressDone): void {
    member.jobs -= 1;
    const answer = this.#answers.get(done.id);
    this.#answers.delete(done.id);
    this.#feed();
    answer?.resolve(done);
  }

  #crashed(cause: Error): void {
    this.#failure ??= new Failure(
      'unclassified',
      'decompress-worker-crashed',
      `a decompression thread died: ${cause.message}`,
      {
        cause,
        hints: ['run again with fewer --threads; if it repeats, report it with the lines above'],
      },
    );
    for (const answer of this.#answers.values()) answer.reject(this.#failure);
    this.#answers.clear();
  }
}
