// IClientVirtualDeviceSet2 of sqlvdi.dll, one method per slot that is used. Called on the main thread.

import type { DeviceSetCalls } from '../device-calls.ts';
import { vdiFailure } from '../hresult.ts';
import { configurationBytes, pointerBytes } from '../struct-layout.ts';
import { NOERROR } from '../vdi-constants.ts';
import { address, u32 } from './com-arguments.ts';
import type { ComKeys } from './com-library.ts';
import { ComThread } from './com-thread.ts';

/** Place in the vtable (vdi.h). IUnknown has 0-2; 3 and 8 are deprecated; 9, 10 and 12 are for a second process. */
export const setSlots = {
  Release: 2,
  GetConfiguration: 4,
  OpenDevice: 5,
  Close: 6,
  SignalAbort: 7,
  CreateEx: 11,
} as const;

/** INFINITE (winbase.h), in milliseconds. */
export const INFINITE = 0xffffffff;

export class ComDeviceSet implements DeviceSetCalls {
  readonly address: bigint;
  readonly #com: ComThread;
  readonly #devices: bigint[] = [];

  /** Throws `Failure('environment')` when the class cannot be used here. */
  constructor(keys: ComKeys) {
    this.#com = new ComThread(keys);
    const { hresult, set } = this.#com.createDeviceSet();
    if (hresult !== NOERROR) {
      this.#com.leave();
      throw vdiFailure('CoCreateInstance', hresult);
    }
    this.address = set;
  }

  /** `instance` without host; undefined = the default instance, which has no name here. */
  create(name: string, configuration: Buffer, instance?: string): number {
    const com = this.#com;
    com.copyIn(com.out, configuration, configurationBytes);
    return com.call(this.address, setSlots.CreateEx, [
      address(instance === undefined ? 0n : com.text(instance)),
      address(com.text(name)),
      address(com.out),
    ]);
  }

  openDevice(name: string): { hresult: number; device: bigint } {
    const com = this.#com;
    const pointer = Buffer.alloc(pointerBytes);
    com.copyIn(com.out, pointer, pointerBytes);
    const hresult = com.call(this.address, setSlots.OpenDevice, [
      address(com.text(name)),
      address(com.out),
    ]);
    com.copyOut(pointer, com.out, pointerBytes);
    const device = pointer.readBigUInt64LE();
    if (device !== 0n) this.#devices.push(device);
    return { hresult, device };
  }

  signalAbort(): number {
    return this.#com.call(this.address, setSlots.SignalAbort);
  }

  /** The devices go first: Close makes their pointers worthless. */
  close(): number {
    for (const device of this.#devices.splice(0)) this.#release(device);
    return this.#com.call(this.address, setSlots.Close);
  }

  destroy(): void {
    this.#release(this.address);
    this.#com.leave();
  }

  abandon(): void {}

  #release(object: bigint): void {
    this.#com.call(object, setSlots.Release);
  }
}

/** GetConfiguration is called by a device thread, because it waits. */
export function getConfiguration(com: ComThread, set: bigint): number {
  return com.call(set, setSlots.GetConfiguration, [u32(INFINITE), address(com.out)]);
}
