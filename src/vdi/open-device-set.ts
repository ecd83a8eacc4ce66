// Makes the VirtualDeviceSet of this system. The only place that knows which system it is.

import { Failure } from '../errors.ts';
import type { DeviceWorkerData } from './device-protocol.ts';
import { DeviceThread } from './device-thread.ts';
import { NativeDeviceSet } from './native-device-set.ts';
import { defaultLibrary, openNativeLibrary } from './native-library.ts';
import { ThreadedDeviceSet } from './threaded-device-set.ts';
import { maxDeviceCount } from './vdi-constants.ts';
import type { VirtualDeviceSet, VirtualDeviceSetOptions } from './virtual-device-set.ts';

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
  if (process.platform !== 'linux') {
    throw new Failure(
      'environment',
      'unsupported-system',
      `VDI on ${process.platform} is not supported by this build`,
    );
  }
  return openNative(options);
}

function openNative(options: VirtualDeviceSetOptions): VirtualDeviceSet {
  const library = openNativeLibrary(options.library ?? defaultLibrary, options.deviceCount);
  const calls = new NativeDeviceSet(library);
  const threads = library.devices.map(
    (keys, device) => new DeviceThread(threadData(options, device, keys)),
  );
  return new ThreadedDeviceSet(options, calls, threads);
}

function threadData(
  options: VirtualDeviceSetOptions,
  device: number,
  keys: Readonly<Record<string, string>>,
): Omit<DeviceWorkerData, 'control'> {
  return {
    device,
    system: 'native',
    keys,
    direction: options.direction,
    pool: options.pool.handle,
  };
}
