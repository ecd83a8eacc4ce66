// ClientVirtualDevice of libsqlvdi.so, and GetConfiguration, as a device thread calls them.

import type { DeviceCalls } from './device-calls.ts';
import { DataType, load } from './ffi.ts';
import { type NativeKeys, symbols } from './native-library.ts';
import {
  commandBytes,
  configurationBytes,
  decodeCommand,
  decodeConfiguration,
  pointerBytes,
} from './struct-layout.ts';

/** Negative = forever. Not 0xFFFFFFFF: the parameter is a signed 64-bit time_t. */
const forever = -1;

const { BigInt: Address, I32, I64, U64, U8Array, Void } = DataType;

export class NativeDevice implements DeviceCalls {
  readonly #keys: NativeKeys;
  // Out-parameters live as long as the thread: native code writes into them while JavaScript waits.
  readonly #pointer = Buffer.alloc(pointerBytes);
  readonly #configuration = Buffer.alloc(configurationBytes);
  readonly #command = Buffer.alloc(commandBytes);

  constructor(keys: NativeKeys) {
    this.#keys = keys;
  }

  getConfiguration(set: bigint) {
    const hresult = this.#status(
      symbols.getConfiguration,
      [Address, I64, U8Array],
      [set, forever, this.#configuration],
    );
    return { hresult, configuration: decodeConfiguration(this.#configuration) };
  }

  getCommand(device: bigint) {
    this.#pointer.fill(0);
    const hresult = this.#status(
      symbols.getCommand,
      [Address, I64, U8Array],
      [device, forever, this.#pointer],
    );
    return { hresult, command: this.#pointer.readBigUInt64LE() };
  }

  readCommand(command: bigint) {
    this.copyOut(this.#command, command, commandBytes);
    return decodeCommand(this.#command);
  }

  completeCommand(device: bigint, command: bigint, win32: number, bytes: number): number {
    const types = [Address, Address, I32, U64, I64];
    return this.#status(symbols.completeCommand, types, [device, command, win32, bytes, 0]);
  }

  copyOut(target: Uint8Array, source: bigint, bytes: number): void {
    this.#memcpy([U8Array, Address, U64], [target, source, bytes]);
  }

  copyIn(target: bigint, source: Uint8Array, bytes: number): void {
    this.#memcpy([Address, U8Array, U64], [target, source, bytes]);
  }

  release(): void {
    // Nothing: libsqlvdi.so keeps no state per thread.
  }

  #status(funcName: string, paramsType: DataType[], paramsValue: unknown[]): number {
    return load({ library: this.#keys.vdi, funcName, retType: I32, paramsType, paramsValue }) >>> 0;
  }

  #memcpy(paramsType: DataType[], paramsValue: unknown[]): void {
    load({ library: this.#keys.libc, funcName: 'memcpy', retType: Void, paramsType, paramsValue });
  }
}
