// The VirtualDeviceSet of every system: set calls on the main thread, one device thread per virtual device.

import { within } from '../base/deadline.ts';
import { asError, Failure, internalError } from '../base/errors.ts';
import * as limits from '../base/platform/sql-server-limits.ts';
import { ERROR_OPERATION_ABORTED } from '../base/platform/win32.ts';
import type { DeviceSetCalls } from './device-calls.ts';
import type { DeviceThread } from './device-thread.ts';
import { vdiFailure } from './hresult.ts';
import { encodeConfiguration } from './struct-layout.ts';
import {
  NOERROR,
  VD_E_NOTSUPPORTED,
  VDF_CompleteEnabled,
  VDF_ReadMedia,
  VDF_RequestComplete,
  VDF_WriteMedia,
} from './vdi-constants.ts';
import type {
  Assurance,
  DeviceActivity,
  DeviceConfiguration,
  DeviceConsumer,
  DeviceEnd,
  Feed,
  RestoreConsumer,
  VirtualDeviceSet,
  VirtualDeviceSetOptions,
} from './virtual-device-set.ts';

/**
 * How long a failing device may take to complete one command with its code before SignalAbort, in ms.
 * Without it SQL Server would only log 995 "aborted" and never the disk that was full.
 */
const failureGraceMs = 150;

type Phase = 'new' | 'created' | 'configured' | 'open' | 'serving' | 'closed';

export class ThreadedDeviceSet implements VirtualDeviceSet {
  readonly name: string;
  readonly direction: 'backup' | 'restore';
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
    this.direction = options.direction;
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
    // Servers know the bit since 2012 SP3 (KB3188454): an older sqlvdi.dll may refuse it, and the legacy Flush rules apply.
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
    return `Another statement used the name of this device set: run the ${this.direction} again.`;
  }

  #checkConfiguration({
    deviceCount,
    features,
    maxTransferSize,
    blockSize,
  }: DeviceConfiguration): void {
    const wanted = this.direction === 'backup' ? VDF_WriteMedia : VDF_ReadMedia;
    if ((features & wanted) === 0) {
      throw new Failure(
        'vdi-direction',
        `SQL Server configured the devices for the other direction (features 0x${features.toString(16)})`,
        { hints: [this.#anotherUser()] },
      );
    }
    if (deviceCount !== 0 && deviceCount !== this.#threads.length) {
      throw new Failure(
        'vdi-device-count',
        `SQL Server configured ${deviceCount} virtual devices, but ${this.#threads.length} were asked for`,
        { hints: [this.#anotherUser()] },
      );
    }
    if (maxTransferSize > limits.maxTransferSize || blockSize > limits.maxBlockSize) {
      throw new Failure(
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
    const transferSize = this.#configuration?.maxTransferSize || limits.maxTransferSize;
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

  assurance(device: number): Assurance {
    return this.#threads[device]?.assurance ?? 'none';
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
      await within(failed.catch(asError), failureGraceMs);
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

  abandon(): void {
    this.#phase = 'closed';
    this.#calls.abandon();
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
