// Entry of a device thread: one virtual device, from GetConfiguration (device 0) to the last command.

import { parentPort, workerData } from 'node:worker_threads';
import { asError } from '../base/errors.ts';
import { FramePool } from '../memory/frame-pool.ts';
import { BackupDevice } from './backup-device.ts';
import type { ComKeys } from './com/com-library.ts';
import type { DeviceCalls } from './device-calls.ts';
import { DeviceMonitor } from './device-monitor.ts';
import type { DeviceWorkerData, ToDevice } from './device-protocol.ts';
import type { NativeKeys } from './native/native-library.ts';
import { RestoreDevice } from './restore-device.ts';

const data = workerData as DeviceWorkerData;
if (!parentPort)
  throw new Error('internal error: expected a worker thread, but was the main thread');
const port = parentPort;
const monitor = new DeviceMonitor(port, data.control);
const pool = new FramePool(data.pool);
let calls: DeviceCalls;

/** Imported only where it is used: Linux never loads COM, Windows never the C++ binding. */
async function openCalls({ system, keys }: DeviceWorkerData): Promise<DeviceCalls> {
  if (system === 'com') return new (await import('./com/com-device.ts')).ComDevice(keys as ComKeys);
  return new (await import('./native/native-device.ts')).NativeDevice(keys as NativeKeys);
}

function configure(set: bigint): void {
  monitor.activity('awaiting-configuration');
  const { hresult, configuration } = calls.getConfiguration(set);
  monitor.activity('starting');
  monitor.say({ from: 'configured', hresult, configuration });
}

function serve(device: bigint, maxTransferSize: number): void {
  try {
    const Device = data.direction === 'backup' ? BackupDevice : RestoreDevice;
    const end = new Device(calls, device, pool, monitor, maxTransferSize).serve();
    leave(end);
  } catch (thrown) {
    leave({
      how: 'failed',
      hresult: 0,
      reason: asError(thrown).stack ?? String(thrown),
      completed: false,
    });
  }
}

function leave(end: {
  how: 'closed' | 'aborted' | 'failed';
  hresult: number;
  reason?: string;
  completed: boolean;
}): void {
  // Messages that are queued behind this one are delivered for all that (nodejs: a port closes later than close()
  // returns). One that was obeyed would use, or free again, what is released here.
  port.off('message', obey);
  monitor.activity('ended');
  calls.release();
  monitor.say({ from: 'ended', ...end });
  port.close();
}

// Messages wait in the port until somebody listens.
void openCalls(data).then((opened) => {
  calls = opened;
  port.on('message', obey);
});

function obey(message: ToDevice): void {
  switch (message.to) {
    case 'configure':
      configure(message.set);
      break;
    case 'serve':
      serve(message.device, message.maxTransferSize);
      break;
    case 'leave':
      leave({ how: 'aborted', hresult: 0, completed: false });
  }
}
