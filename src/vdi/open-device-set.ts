// Makes the VirtualDeviceSet of this system. The only place that knows which system it is.

import { Failure } from '../base/errors.ts';
import { defaultLibrary } from '../base/platform/default-library.ts';
import { maxDevices } from '../base/platform/sql-server-limits.ts';
import { ComDeviceSet } from './com/com-device-set.ts';
import { openComLibraries } from './com/com-library.ts';
import type { DeviceSetCalls } from './device-calls.ts';
import type { DeviceWorkerData } from './device-protocol.ts';
import { DeviceThread } from './device-thread.ts';
import { NativeDeviceSet } from './native/native-device-set.ts';
import { openNativeLibrary } from './native/native-library.ts';
import { ThreadedDeviceSet } from './threaded-device-set.ts';
import type { VirtualDeviceSet, VirtualDeviceSetOptions } from './virtual-device-set.ts';

/** What a system offers: the set for the main thread, and per device thread the keys of its libraries. */
interface Binding {
  readonly system: DeviceWorkerData['system'];
  readonly calls: DeviceSetCalls;
  readonly devices: readonly DeviceWorkerData['keys'][];
}

/**
 * Loads the VDI library, checks it, and starts the device threads; SQL Server is not touched yet.
 * Throws `Failure('environment')` when VDI cannot be used here.
 */
export function openDeviceSet(options: VirtualDeviceSetOptions): VirtualDeviceSet {
  if (options.deviceCount < 1 || options.deviceCount > maxDevices) {
    throw new Failure(
      'too-many-devices',
      `${options.deviceCount} virtual devices asked for, but VDI allows 1 to ${maxDevices}`,
    );
  }
  const { system, calls, devices } = bind(options);
  const threads = devices.map(
    (keys, device) =>
      new DeviceThread({
        device,
        system,
        keys,
        direction: options.direction,
        pool: options.pool.handle,
      }),
  );
  return new ThreadedDeviceSet(options, calls, threads);
}

function bind(options: VirtualDeviceSetOptions): Binding {
  switch (process.platform) {
    case 'linux':
      return bindNative(options);
    case 'win32':
      return bindCom(options);
    default:
      throw new Failure(
        'unsupported-system',
        `VDI exists on Windows and Linux, not on ${process.platform}`,
      );
  }
}

function bindNative({ library, deviceCount }: VirtualDeviceSetOptions): Binding {
  const opened = openNativeLibrary(library ?? defaultLibrary, deviceCount);
  return { system: 'native', calls: new NativeDeviceSet(opened), devices: opened.devices };
}

function bindCom({ deviceCount }: VirtualDeviceSetOptions): Binding {
  const { main, devices } = openComLibraries(deviceCount);
  return { system: 'com', calls: new ComDeviceSet(main), devices };
}
