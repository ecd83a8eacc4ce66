// THE PORT: one conversation with SQL Server's virtual device interface. What is behind it differs by
// system (native-*.ts: libsqlvdi.so; Windows: COM), what is in front of it does not.
//
// Contract
// - Order: create -> (statement is sent) -> configured -> openDevices -> serve -> ended -> close.
// - Every virtual device has a thread of its own, which alone fetches and completes its commands. Waits
//   are infinite and end by SignalAbort, because the unit of the timeout is not trusted on Linux.
// - All devices are opened before any is served: the state machine of the 2005 specification allows
//   OpenDevice only before the first GetCommand.
// - Frames: a device thread owns a slot of the pool while it fills it, and gives it away with `frame`.
//   VDI buffers never leave the device thread and are never touched after their completion.
// - Restore turns the arrows: `feed` gives a filled slot to a device, which gives it back with `consumed`
//   once SQL Server has all of it. A Read is answered when it is full; the end of the source is said with
//   `end`, and only then does SQL Server hear of an end. A failure of the source is never an end.
// - Barriers: `flush` and `complete` stay unanswered until the returned promise settles with a Win32
//   code; 0 promises that every byte of that device so far is durable.
// - `abort` may be called at any time, from the main thread, more than once; SignalAbort itself happens once.
//   With a failing device, its command is completed with the Win32 code that says why before SignalAbort.
// - `close` only after `ended` settled, exactly once. It is the last moment VDI memory exists.
// - `abandon` instead, where a device does not answer an abort: closing under its thread would be a crash. What the
//   set took of the process (its umask) comes back; nothing else may be called afterwards.

import type { FramePool } from '../memory/frame-pool.ts';
import type { DeviceConfiguration } from './struct-layout.ts';

export type { DeviceConfiguration } from './struct-layout.ts';

export type Barrier = 'flush' | 'complete';

/** What the devices give to; called on the main thread, in the order of the device. */
export interface DeviceConsumer {
  /** `bytes` raw bytes in `slot`, which now belongs to the consumer. */
  frame(device: number, slot: number, bytes: number): void;
  /** Resolves with the Win32 completion code: 0 when everything of the device is durable. Never rejects. */
  barrier(device: number, kind: Barrier): Promise<number>;
  /** The device's service is over; it touches no VDI memory any more. */
  end(end: DeviceEnd): void;
}

/** What a restore gives to a device, in the order of the stream. */
export type Feed =
  /** `bytes` raw bytes in `slot`, which belongs to the device until it is consumed, or the device has ended. */
  | { readonly kind: 'piece'; readonly slot: number; readonly bytes: number }
  /** There are no more. */
  | { readonly kind: 'end' }
  /** There are more, but they cannot be had: from here on Reads fail with this Win32 code. */
  | { readonly kind: 'failure'; readonly win32: number };

/** What the devices of a restore tell; called on the main thread. */
export interface RestoreConsumer {
  /** The device is done with a slot it was fed. */
  consumed(device: number, slot: number): void;
  /** The device's service is over; slots it was fed and has not consumed are the caller's again. */
  end(end: DeviceEnd): void;
}

/** How a device's service ended: `closed` by the server (normal), `aborted`, or a broken contract. */
export interface DeviceEnd {
  readonly device: number;
  readonly how: 'closed' | 'aborted' | 'failed';
  /** The HRESULT that ended it, unsigned. */
  readonly hresult: number;
  /** For `failed`: what was wrong. */
  readonly reason?: string;
  /** True when the last Flush or Complete was answered with success and no byte came after it. */
  readonly completed: boolean;
}

/** What SQL Server was told last, by an answer of success, of all the bytes it sent to a device: nothing, or by which command. */
export type Assurance = 'none' | 'flush' | 'complete';

/** What a device's thread is doing now; for finding the side that is stuck. */
export type DeviceActivity =
  | 'starting'
  | 'awaiting-configuration'
  | 'awaiting-command'
  | 'moving-bytes'
  | 'awaiting-durability'
  | 'awaiting-source'
  | 'ended';

export interface VirtualDeviceSet {
  readonly name: string;
  readonly direction: 'backup' | 'restore';
  readonly deviceNames: readonly string[];
  /**
   * For the instance that will be sent the statement: its bare name as it says itself, undefined = the default
   * instance. Linux has no named instances. Throws `Failure('environment')`. Tells whether the library took the
   * request for VDC_Complete; whether the server will send it, only its configuration says.
   */
  create(instance?: string): { readonly completeRequested: boolean };
  /** Settles when the server configured the set; rejects with `Failure` (also when aborted meanwhile). */
  configured(): Promise<DeviceConfiguration>;
  openDevices(): void;
  /** With the consumer of the set's direction. */
  serve(consumer: DeviceConsumer | RestoreConsumer): void;
  /** Restore, after `serve`: at most `feedCapacity` entries that are not consumed, `end` or `failure` included. */
  feed(device: number, feed: Feed): void;
  /** Settles when every device thread is out of VDI for good. Never rejects. */
  readonly ended: Promise<readonly DeviceEnd[]>;
  activity(device: number): DeviceActivity;
  /** At any time, also of a device that hangs. */
  assurance(device: number): Assurance;
  abort(failing?: { readonly device: number; readonly win32: number }): Promise<void>;
  close(): void;
  abandon(): void;
}

export interface VirtualDeviceSetOptions {
  /** Set name = name of device 0; a fresh GUID, because Linux leaves stale objects after kill -9. */
  readonly name: string;
  readonly deviceCount: number;
  readonly direction: 'backup' | 'restore';
  readonly pool: FramePool;
  /** libsqlvdi.so to load (Linux). */
  readonly library?: string;
}
