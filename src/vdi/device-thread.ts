// The main thread's end of one device thread.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Deferred, deferred } from '../deferred.ts';
import { Failure, internalError } from '../errors.ts';
import { unreachable } from '../unreachable.ts';
import {
  ACTIVITY,
  ANSWER,
  activities,
  controlWords,
  type DeviceWorkerData,
  FAIL_CODE,
  type FromDevice,
  pendingAnswer,
  type ToDevice,
} from './device-protocol.ts';
import type {
  DeviceActivity,
  DeviceConfiguration,
  DeviceConsumer,
  DeviceEnd,
} from './virtual-device-set.ts';

/** A device thread holds little JavaScript: a small young generation keeps 64 of them affordable. */
const heapLimits = { maxYoungGenerationSizeMb: 2 };

export interface Configured {
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
  #consumer: DeviceConsumer | undefined;
  #over = false;

  constructor(data: Omit<DeviceWorkerData, 'control'>) {
    this.device = data.device;
    this.ended = this.#ended.promise;
    const control = new SharedArrayBuffer(controlWords * Int32Array.BYTES_PER_ELEMENT);
    this.#control = new Int32Array(control);
    const entry = new URL(`./device-worker${extname(import.meta.url)}`, import.meta.url);
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

  configure(set: bigint): void {
    this.#say({ to: 'configure', set });
  }

  serve(consumer: DeviceConsumer, device: bigint, maxTransferSize: number): void {
    this.#consumer = consumer;
    this.#say({ to: 'serve', device, maxTransferSize });
  }

  /** Ends a thread that never served; one that serves ends by the server's close or by SignalAbort. */
  leave(): void {
    if (!this.#consumer) this.#say({ to: 'leave' });
  }

  /** From now on every command of this device fails with `win32`; the first one that does settles the promise. */
  fail(win32: number): Promise<void> {
    Atomics.compareExchange(this.#control, FAIL_CODE, 0, win32);
    this.#answer(win32);
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
    if (!this.#consumer) throw internalError('a device that is served', `device ${this.device}`);
    return this.#consumer;
  }

  /** After `ended` this changes nothing: an exit is then the normal way to go. */
  #crashed(reason: string): void {
    this.configured.reject(new Failure('unclassified', 'device-thread-crashed', reason));
    this.#end({ device: this.device, how: 'failed', hresult: 0, reason, completed: false });
  }

  #end(end: DeviceEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended.resolve(end);
    this.#consumer?.end(end);
  }
}
