// The VirtualDeviceSet of every system: set calls on the main thread, one device thread per virtual device.

import { asError, Failure, internalError } from '../errors.js';
import type { DeviceSetCalls } from './device-calls.js';
import type { DeviceThread } from './device-thread.js';
import { vdiFailure } from './hresult.js';
import { encodeConfiguration } from './struct-layout.js';
import {
  ERROR_OPERATION_ABORTED,
  maxTransferSizeLimit,
  NOERROR,
  VD_E_NOTSUPPORTED,
  VDF_CompleteEnabled,
  VDF_ReadMedia,
  VDF_RequestComplete,
  VDF_WriteMedia,
} from './vdi-constants.js';
import type {
  DeviceActivity,
  DeviceConfiguration,
  DeviceConsumer,
  DeviceEnd,
  Feed,
  RestoreConsumer,
  VirtualDeviceSet,
  VirtualDeviceSetOptions,
} from './virtual-device-set.js';

/**
 * How long a failing device may take to complete one command with its code before SignalAbort, in ms.
 * Without it SQL Server would only log 995 "aborted" and never the disk that was full.
 */
const failureGraceMs = 150;

type Phase = 'new' | 'created' | 'configured' | 'open' | 'serving' | 'closed';

export class ThreadedDeviceSet implements VirtualDeviceSet {
  readonly name: string;
  readonly deviceNames: readonly string[];
  readonly ended: Promise<readonly DeviceEnd[]>;
  readonly #options: VirtualDeviceSetOptions;
  readonly #calls: DeviceSetCalls;
  readonly #threads: readonly DeviceThread[];
  #phase: Phase = 'new';
  #configuration: DeviceConfiguration | undefined;
  readonly #devices: bigint[] = [];
  #aborting: Promise<void> | undefined;

  constructor(
    options: VirtualDeviceSetOptions,
    calls: DeviceSetCalls,
    threads: readonly DeviceThread[],
  ) {
    this.name = options.name;
    this.deviceNames = threads.map((_, device) =>
      device === 0 ? options.name : `${options.name}-${device}`,
    );
    this.#options = options;
    this.#calls = calls;
    this.#threads = threads;
    this.ended = Promise.all(threads.map((thread) => thread.ended));
  }

  create(instance?: string): { completeRequested: boolean } {
    this.#expect('new');
    let hresult = this.#create(VDF_RequestComplete, instance);
    // A very old sqlvdi.dll may refuse the bit (vdi-contract §5.2); the legacy Flush rules then apply.
    const completeRequested = hresult !== VD_E_NOTSUPPORTED;
    if (!completeRequested) hresult = this.#create(0, instance);
    if (hresult !== NOERROR) throw vdiFailure('Create', hresult);
    this.#phase = 'created';
    return { completeRequested };
  }

  #create(features: number, instance: string | undefined): number {
    const configuration = encodeConfiguration(this.#threads.length, features);
    return this.#calls.create(this.name, configuration, instance);
  }

  async configured(): Promise<DeviceConfiguration> {
    this.#expect('created');
    const first = this.#first();
    first.configure(this.#calls.address);
    const { hresult, configuration } = await first.configured.promise;
    if (hresult !== NOERROR) throw vdiFailure('GetConfiguration', hresult);
    this.#checkConfiguration(configuration);
    this.#configuration = configuration;
    this.#phase = 'configured';
    return configuration;
  }

  #anotherUser(): string {
    return `Another statement used the name of this device set: run the ${this.#options.direction} again.`;
  }

  #checkConfiguration({
    deviceCount,
    features,
    maxTransferSize,
    blockSize,
  }: DeviceConfiguration): void {
    const wanted = this.#options.direction === 'backup' ? VDF_WriteMedia : VDF_ReadMedia;
    if ((features & wanted) === 0) {
      throw new Failure(
        'environment',
        'vdi-direction',
        `SQL Server configured the devices for the other direction (features 0x${features.toString(16)})`,
        { hints: [this.#anotherUser()] },
      );
    }
    if (deviceCount !== 0 && deviceCount !== this.#threads.length) {
      throw new Failure(
        'environment',
        'vdi-device-count',
        `SQL Server configured ${deviceCount} virtual devices, but ${this.#threads.length} were asked for`,
        { hints: [this.#anotherUser()] },
      );
    }
    if (maxTransferSize > maxTransferSizeLimit || blockSize > 65_536) {
      throw new Failure(
        'environment',
        'vdi-configuration',
        `SQL Server configured a transfer size of ${maxTransferSize} and a block size of ${blockSize} bytes, outside of what VDI allows`,
      );
    }
  }

  openDevices(): void {
    this.#expect('configured');
    for (const name of this.deviceNames) {
      const { hresult, device } = this.#calls.openDevice(name);
      if (hresult !== NOERROR) throw vdiFailure(`OpenDevice("${name}")`, hresult);
      if (device === 0n) throw internalError('a device from OpenDevice', 'a null pointer');
      this.#devices.push(device);
    }
    this.#phase = 'open';
  }

  serve(consumer: DeviceConsumer | RestoreConsumer): void {
    this.#expect('open');
    this.#phase = 'serving';
    const transferSize = this.#configuration?.maxTransferSize || maxTransferSizeLimit;
    for (const thread of this.#threads) {
      thread.serve(consumer, this.#devices[thread.device] ?? 0n, transferSize);
    }
  }

  feed(device: number, feed: Feed): void {
    this.#threads[device]?.feed(feed);
  }

  activity(device: number): DeviceActivity {
    return this.#threads[device]?.activity ?? 'ended';
  }

  abort(failing?: { device: number; win32: number }): Promise<void> {
    this.#aborting ??= this.#abort(failing);
    return this.#aborting;
  }

  async #abort(failing: { device: number; win32: number } | undefined): Promise<void> {
    const thread = failing && this.#phase === 'serving' ? this.#threads[failing.device] : undefined;
    if (failing && thread) {
      const failed = thread.fail(failing.win32);
      this.#options.pool.wake();
      await within(failureGraceMs, failed);
    }
    if (this.#phase !== 'new' && this.#phase !== 'closed') this.#calls.signalAbort();
    // Only after SignalAbort: threads that sleep on us complete their command with 995 and go.
    for (const other of this.#threads) void other.fail(ERROR_OPERATION_ABORTED);
    this.#options.pool.abort();
    for (const other of this.#threads) other.leave();
  }

  close(): void {
    if (this.#phase === 'closed') throw internalError('one close of a device set', 'a second one');
    const live = this.#phase !== 'new';
    this.#phase = 'closed';
    for (const thread of this.#threads) thread.leave();
    try {
      if (live) this.#calls.close();
    } finally {
      this.#calls.destroy();
    }
  }

  #first(): DeviceThread {
    const [first] = this.#threads;
    if (!first) throw internalError('at least one device', 'none');
    return first;
  }

  #expect(phase: Phase): void {
    if (this.#phase !== phase) throw internalError(`a device set that is ${phase}`, this.#phase);
  }
}

/** Whether the server will send VDC_Complete; only this bit says so, the requested one may be echoed. */
export function completeEnabled(configuration: DeviceConfiguration): boolean {
  return (configuration.features & VDF_CompleteEnabled) !== 0;
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch((thrown: unknown) => void asError(thrown)), late]);
  clearTimeout(timer);
}
