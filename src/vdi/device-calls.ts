// The calls a system must offer, as small as they can be: one interface for the main thread, one for a
// device thread. HRESULTs are unsigned; addresses are BigInt. No policy lives here.

import type { DeviceCommand, DeviceConfiguration } from './struct-layout.ts';

/** Set calls, made on the main thread. */
export interface DeviceSetCalls {
  /** Address by which device threads reach the set. */
  readonly address: bigint;
  /** `instance`: its bare name, undefined = the default instance; means something on Windows only. */
  create(name: string, configuration: Buffer, instance: string | undefined): number;
  openDevice(name: string): { readonly hresult: number; readonly device: bigint };
  signalAbort(): number;
  close(): number;
  /** Frees the native object; after it nothing may be called. */
  destroy(): void;
  /** Instead of `close` and `destroy`, where a device thread does not leave: what the process lent the set comes back. */
  abandon(): void;
}

/** Calls of one device thread. Both waits are infinite. */
export interface DeviceCalls {
  getConfiguration(set: bigint): {
    readonly hresult: number;
    readonly configuration: DeviceConfiguration;
  };
  getCommand(device: bigint): { readonly hresult: number; readonly command: bigint };
  readCommand(command: bigint): DeviceCommand;
  completeCommand(device: bigint, command: bigint, win32: number, bytes: number): number;
  /** VDI buffer -> ours. */
  copyOut(target: Uint8Array, source: bigint, bytes: number): void;
  /** Ours -> VDI buffer. */
  copyIn(target: bigint, source: Uint8Array, bytes: number): void;
  /** Leaves the system's per-thread state as it was found. */
  release(): void;
}
