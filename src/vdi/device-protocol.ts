// What the main thread and a device thread say to each other, declared once. Messages carry facts;
// the shared control words carry what a thread must see while it cannot read messages.

import type { FramePoolHandle } from '../memory/frame-pool.ts';
import type { DeviceConfiguration } from './struct-layout.ts';
import type { DeviceActivity } from './virtual-device-set.ts';

/** Control words of a device, by index; one Int32Array per device. */
export const ACTIVITY = 0;
/** Win32 code with which the device must fail its commands from now on; 0 = none. */
export const FAIL_CODE = 1;
/** Answer to the open barrier: `pendingAnswer`, or a Win32 code. */
export const ANSWER = 2;
/** Restore: changes with every word below and with every failure; the device sleeps on it. */
export const FEED_CHANGES = 3;
/** Entries put by main and taken by the device since the start. */
export const FEED_PUT = 4;
export const FEED_TAKEN = 5;
/** The VDC_ code of the last Flush or Complete that was answered with success, if no byte came after it; 0 = none. */
export const ASSURED = 6;
/** The ring of entries: pairs of slot and bytes. */
export const FEED_RING = 7;
/** Entries a device may have before it: enough to never wait for a message. */
export const feedCapacity = 16;
export const controlWords = FEED_RING + feedCapacity * 2;

/** In place of a slot: the source has ended; the source failed, with the Win32 code in place of the bytes. */
export const feedEnd = -1;
export const feedFailure = -2;

export const pendingAnswer = -1;

export const activities: readonly DeviceActivity[] = [
  'starting',
  'awaiting-configuration',
  'awaiting-command',
  'moving-bytes',
  'awaiting-durability',
  'awaiting-source',
  'ended',
];

export interface DeviceWorkerData {
  readonly device: number;
  /** Which implementation of DeviceCalls the thread makes, and its ffi-rs library keys. */
  readonly system: 'native' | 'com';
  readonly keys: Readonly<Record<string, string>>;
  readonly direction: 'backup' | 'restore';
  readonly pool: FramePoolHandle;
  readonly control: SharedArrayBuffer;
}

/** Main -> device thread. */
export type ToDevice =
  | { readonly to: 'configure'; readonly set: bigint }
  | { readonly to: 'serve'; readonly device: bigint; readonly maxTransferSize: number }
  /** No more work will come: release and leave. */
  | { readonly to: 'leave' };

/** Device thread -> main. */
export type FromDevice =
  | {
      readonly from: 'configured';
      readonly hresult: number;
      readonly configuration: DeviceConfiguration;
    }
  | { readonly from: 'frame'; readonly slot: number; readonly bytes: number }
  /** Restore: every byte of the slot is with SQL Server; the slot is given back. */
  | { readonly from: 'consumed'; readonly slot: number }
  | { readonly from: 'barrier'; readonly kind: 'flush' | 'complete' }
  /** A command was completed with an error code. */
  | { readonly from: 'command-failed'; readonly win32: number }
  | {
      readonly from: 'ended';
      readonly how: 'closed' | 'aborted' | 'failed';
      readonly hresult: number;
      readonly reason?: string;
      readonly completed: boolean;
    };
