// Makes the VirtualDeviceSet of this system. The only place that knows which system it is.

import { Failure } from '../errors.js';
import { ComDeviceSet } from './com/com-device-set.js';
import { openComLibraries } from './com/com-library.js';
import type { DeviceSetCalls } from './device-calls.js';
import type { DeviceWorkerData } from './device-protocol.js';
import { DeviceThread } from './device-thread.js';
import { NativeDeviceSet } from './native/native-device-set.js';
import { defaultLibrary, openNativeLibrary } from './native/native-library.js';
import { ThreadedDeviceSet } from './threaded-device-set.js';
import { maxDeviceCount } from './vdi-constants.js';
import type { VirtualDeviceSet, VirtualDeviceSetOptions } from './virtual-device-set.js';

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
  if (options.deviceCount < 1 || options.deviceCount > maxDeviceCount) {
    throw new Failure(
      'usage',
      'too-many-devices',
      `${options.deviceCount} virtual devices asked for, but VDI allows 1 to ${maxDeviceCount}`,
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
        'environment',
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
