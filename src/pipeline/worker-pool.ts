// Worker threads of one kind, each with its own zstd context, fed in turn. No library for it: those replace a thread
// that died and go on, here its slot is lost and the run must end; and what they load would come before the first byte.

import { Worker, type WorkerOptions } from 'node:worker_threads';
import { within } from '../base/deadline.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { Failure } from '../base/errors.ts';
import type { FailureCode } from '../base/failure-codes.ts';
import { workerEntry } from '../memory/worker-entry.ts';

/** Jobs given to one worker at a time: the second one waits in its queue, so that it never idles for a message. */
const jobsPerWorker = 2;

/** How long workers may take to end: in a read of a dead network share they cannot, ms. */
const closingMs = 500;

/** The JavaScript of a worker is a handful of objects; buffers and zstd live outside of its heap. */
const heapLimits = { maxYoungGenerationSizeMb: 2 };

/** By the file of the workers. */
const crashes = {
  'compress-worker': 'compress-worker-crashed',
  'decompress-worker': 'decompress-worker-crashed',
} as const satisfies Record<string, FailureCode>;

interface WorkerPoolOptions {
  readonly threads: number;
  /** The file of the workers, without extension. */
  readonly entry: keyof typeof crashes;
  /** import.meta.url of the module beside that file. */
  readonly from: string;
  /** What they do, as a noun. */
  readonly work: string;
  readonly workerData: object;
  /**
   * Start one after the other: a thread starts for 30 ms of processor time, and all of them at once would take the
   * cores from the main thread when that has something better to do meanwhile.
   */
  readonly gently: boolean;
}

/** What goes to a worker and comes back carries the number of its job. */
export type Numbered<T> = T & { readonly id: number };

interface Member {
  readonly worker: Worker;
  jobs: number;
}

export class WorkerPool<Job extends object, Done extends object> {
  readonly #options: WorkerPoolOptions;
  readonly #members: Member[] = [];
  readonly #waiting: Numbered<Job>[] = [];
  readonly #answers = new Map<number, Deferred<Numbered<Done>>>();
  #lastId = 0;
  #failure: Failure | undefined;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    if (options.gently) this.#startInTurn(options.threads);
    else for (let thread = 0; thread < options.threads; thread += 1) this.#start();
  }

  /** The answer of whichever worker is idle first. Rejects with `Failure` when a worker died. */
  ask(job: Job): Promise<Done> {
    return this.#ask(job, (numbered) => {
      this.#waiting.push(numbered);
      this.#feed();
    });
  }

  /** The same of the worker with that number, counted on and on; only where all were started at once. */
  askOne(index: number, job: Job): Promise<Done> {
    const member = this.#members[index % this.#members.length] as Member;
    return this.#ask(job, (numbered) => this.#post(member, numbered));
  }

  /** Ends the workers; jobs under way are lost, nobody may wait for them. One that a disk does not answer is left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { worker } of this.#members) worker.removeAllListeners('exit');
    const ended = Promise.all(this.#members.map(({ worker }) => worker.terminate()));
    await within(ended, closingMs, { ref: false });
  }

  #startInTurn(threads: number): void {
    if (threads === 0 || this.#closed) return;
    this.#start().once('online', () => this.#startInTurn(threads - 1));
    this.#feed();
  }

  #start(): Worker {
    const { entry, from, workerData } = this.#options;
    const options: WorkerOptions = { workerData, resourceLimits: heapLimits };
    const worker = new Worker(workerEntry(entry, from), options);
    const member = { worker, jobs: 0 };
    worker.on('message', (done: Numbered<Done>) => this.#done(member, done));
    worker.on('error', (error) => this.#died(error));
    worker.on('exit', (code) => this.#died(new Error(`exit code ${code}`)));
    this.#members.push(member);
    return worker;
  }

  #ask(job: Job, send: (numbered: Numbered<Job>) => void): Promise<Done> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#lastId += 1;
    const answer = deferred<Numbered<Done>>();
    this.#answers.set(this.#lastId, answer);
    send({ ...job, id: this.#lastId });
    return answer.promise;
  }

  #feed(): void {
    while (this.#waiting.length > 0) {
      const idlest = this.#members.reduce((best, member) =>
        member.jobs < best.jobs ? member : best,
      );
      if (idlest.jobs >= jobsPerWorker) return;
      this.#post(idlest, this.#waiting.shift() as Numbered<Job>);
    }
  }

  #post(member: Member, job: Numbered<Job>): void {
    member.jobs += 1;
    member.worker.postMessage(job);
  }

  #done(member: Member, done: Numbered<Done>): void {
    member.jobs -= 1;
    const answer = this.#answers.get(done.id);
    this.#answers.delete(done.id);
    this.#feed();
    answer?.resolve(done);
  }

  #died(cause: Error): void {
    const { entry, work } = this.#options;
    this.#failure ??= new Failure(crashes[entry], `a ${work} thread died: ${cause.message}`, {
      cause,
      hints: ['Run again with fewer --threads; if it repeats, report it with the lines above.'],
    });
    for (const answer of this.#answers.values()) answer.reject(this.#failure);
    this.#answers.clear();
  }
}
