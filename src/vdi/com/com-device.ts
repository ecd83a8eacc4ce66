// IClientVirtualDevice of sqlvdi.dll, and GetConfiguration, as a device thread calls them.

import type { DeviceCalls } from '../device-calls.ts';
import {
  commandBytes,
  configurationBytes,
  decodeCommand,
  decodeConfiguration,
  pointerBytes,
} from '../struct-layout.ts';
import { NOERROR } from '../vdi-constants.ts';
import { address, u32 } from './com-arguments.ts';
import { getConfiguration, INFINITE } from './com-device-set.ts';
import type { ComKeys } from './com-library.ts';
import { ComThread } from './com-thread.ts';

/** Place in the vtable (vdi.h). */
const deviceSlots = { GetCommand: 3, CompleteCommand: 4 } as const;

export class ComDevice implements DeviceCalls {
  readonly #com: ComThread;
  readonly #pointer = Buffer.alloc(pointerBytes);
  readonly #configuration = Buffer.alloc(configurationBytes);
  readonly #command = Buffer.alloc(commandBytes);

  constructor(keys: ComKeys) {
    this.#com = new ComThread(keys);
  }

  getConfiguration(set: bigint) {
    const hresult = getConfiguration(this.#com, set);
    if (hresult === NOERROR) {
      this.#com.copyOut(this.#configuration, this.#com.out, configurationBytes);
    }
    return { hresult, configuration: decodeConfiguration(this.#configuration) };
  }

  getCommand(device: bigint) {
    const { out } = this.#com;
    const hresult = this.#com.call(device, deviceSlots.GetCommand, [u32(INFINITE), address(out)]);
    if (hresult !== NOERROR) return { hresult, command: 0n };
    this.#com.copyOut(this.#pointer, out, pointerBytes);
    return { hresult, command: this.#pointer.readBigUInt64LE() };
  }

  readCommand(command: bigint) {
    this.copyOut(this.#command, command, commandBytes);
    return decodeCommand(this.#command);
  }

  completeCommand(device: bigint, command: bigint, win32: number, bytes: number): number {
    const position = address(0n);
    return this.#com.call(device, deviceSlots.CompleteCommand, [
      address(command),
      u32(win32),
      u32(bytes),
      position,
    ]);
  }

  copyOut(target: Uint8Array, source: bigint, bytes: number): void {
    this.#com.copyOut(target, source, bytes);
  }

  copyIn(target: bigint, source: Uint8Array, bytes: number): void {
    this.#com.copyIn(target, source, bytes);
  }

  release(): void {
    this.#com.leave();
  }
}
