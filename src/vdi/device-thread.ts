// The main thread's end of one device thread.

import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../base/deferred.ts';
import { Failure, internalError, unreachable } from '../base/errors.ts';
import { workerEntry } from '../memory/worker-entry.ts';
import {
  ACTIVITY,
  ANSWER,
  ASSURED,
  activities,
  controlWords,
  type DeviceWorkerData,
  FAIL_CODE,
  FEED_CHANGES,
  FEED_PUT,
  FEED_RING,
  FEED_TAKEN,
  type FromDevice,
  feedCapacity,
  feedEnd,
  feedFailure,
  pendingAnswer,
  type ToDevice,
} from './device-protocol.ts';
import { VDC_Complete, VDC_Flush } from './vdi-constants.ts';
import type {
  Assurance,
  DeviceActivity,
  DeviceConfiguration,
  DeviceConsumer,
  DeviceEnd,
  Feed,
  RestoreConsumer,
} from './virtual-device-set.ts';

/** A device thread holds little JavaScript: a small young generation keeps 64 of them affordable. */
const heapLimits = { maxYoungGenerationSizeMb: 2 };

interface Configured {
  readonly hresult: number;
  readonly configuration: DeviceConfiguration;
}

export class DeviceThread {
  readonly device: number;
  readonly ended: Promise<DeviceEnd>;
  readonly configured: Deferred<Configured> = deferred();
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #ended = deferred<DeviceEnd>();
  readonly #commandFailed = deferred<void>();
  #consumer: DeviceConsumer | RestoreConsumer | undefined;
  #over = false;

  constructor(data: Omit<DeviceWorkerData, 'control'>) {
    this.device = data.device;
    this.ended = this.#ended.promise;
    const control = new SharedArrayBuffer(controlWords * Int32Array.BYTES_PER_ELEMENT);
    this.#control = new Int32Array(control);
    const entry = workerEntry('device-worker', import.meta.url);
    this.#worker = new Worker(entry, {
      workerData: { ...data, control },
      resourceLimits: heapLimits,
    });
    this.#worker.on('message', (message: FromDevice) => this.#receive(message));
    this.#worker.on('error', (error) => this.#crashed(error.stack ?? error.message));
    this.#worker.on('exit', () => this.#crashed('the device thread is gone'));
  }

  get activity(): DeviceActivity {
    return activities[Atomics.load(this.#control, ACTIVITY)] ?? 'starting';
  }

  /** See `VirtualDeviceSet.assurance`. */
  get assurance(): Assurance {
    const code = Atomics.load(this.#control, ASSURED);
    if (code === VDC_Complete) return 'complete';
    return code === VDC_Flush ? 'flush' : 'none';
  }

  configure(set: bigint): void {
    this.#say({ to: 'configure', set });
  }

  serve(consumer: DeviceConsumer | RestoreConsumer, device: bigint, maxTransferSize: number): void {
    this.#consumer = consumer;
    this.#say({ to: 'serve', device, maxTransferSize });
  }

  /** Puts an entry before a device that restores. */
  feed(feed: Feed): void {
    const put = Atomics.load(this.#control, FEED_PUT);
    if (put - Atomics.load(this.#control, FEED_TAKEN) >= feedCapacity)
      throw internalError(`at most ${feedCapacity} entries before a device`, put);
    const at = FEED_RING + (put % feedCapacity) * 2;
    const [slot, bytes] = feedEntry(feed);
    Atomics.store(this.#control, at, slot);
    Atomics.store(this.#control, at + 1, bytes);
    Atomics.store(this.#control, FEED_PUT, put + 1);
    this.#wakeFed();
  }

  #wakeFed(): void {
    Atomics.add(this.#control, FEED_CHANGES, 1);
    Atomics.notify(this.#control, FEED_CHANGES);
  }

  /** Ends a thread that never served; one that serves ends by the server's close or by SignalAbort. */
  leave(): void {
    if (!this.#consumer) this.#say({ to: 'leave' });
  }

  /** From now on every command of this device fails with `win32`; the first one that does settles the promise. */
  fail(win32: number): Promise<void> {
    Atomics.compareExchange(this.#control, FAIL_CODE, 0, win32);
    this.#answer(win32);
    this.#wakeFed();
    return Promise.race([this.#commandFailed.promise, this.#ended.promise.then(() => undefined)]);
  }

  #answer(win32: number): void {
    if (Atomics.compareExchange(this.#control, ANSWER, pendingAnswer, win32) === pendingAnswer) {
      Atomics.notify(this.#control, ANSWER);
    }
  }

  #say(message: ToDevice): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromDevice): void {
    switch (message.from) {
      case 'configured':
        this.configured.resolve(message);
        return;
      case 'frame':
        this.#served().frame(this.device, message.slot, message.bytes);
        return;
      case 'consumed':
        this.#restored().consumed(this.device, message.slot);
        return;
      case 'barrier':
        void this.#served()
          .barrier(this.device, message.kind)
          .then((win32) => this.#answer(win32));
        return;
      case 'command-failed':
        this.#commandFailed.resolve();
        return;
      case 'ended': {
        const { from: _, ...end } = message;
        this.#end({ device: this.device, ...end });
        return;
      }
      default:
        unreachable(message);
    }
  }

  #served(): DeviceConsumer {
    const consumer = this.#consumer;
    if (consumer && 'frame' in consumer) return consumer;
    throw internalError('a device that is served a backup', `device ${this.device}`);
  }

  #restored(): RestoreConsumer {
    const consumer = this.#consumer;
    if (consumer && 'consumed' in consumer) return consumer;
    throw internalError('a device that is served a restore', `device ${this.device}`);
  }

  /** After `ended` this changes nothing: an exit is then the normal way to go. */
  #crashed(reason: string): void {
    this.configured.reject(new Failure('device-thread-crashed', reason));
    this.#end({ device: this.device, how: 'failed', hresult: 0, reason, completed: false });
  }

  #end(end: DeviceEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended.resolve(end);
    this.#consumer?.end(end);
  }
}

function feedEntry(feed: Feed): readonly [slot: number, bytes: number] {
  switch (feed.kind) {
    case 'piece':
      return [feed.slot, feed.bytes];
    case 'end':
      return [feedEnd, 0];
    case 'failure':
      return [feedFailure, feed.win32];
  }
}
