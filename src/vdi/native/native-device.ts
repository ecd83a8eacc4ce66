// ClientVirtualDevice of libsqlvdi.so, and GetConfiguration, as a device thread calls them.

import { DataType, load } from '../../system/ffi.ts';
import type { DeviceCalls } from '../device-calls.ts';
import {
  commandBytes,
  configurationBytes,
  decodeCommand,
  decodeConfiguration,
  pointerBytes,
} from '../struct-layout.ts';
import { VD_E_TIMEOUT } from '../vdi-constants.ts';
import { type NativeKeys, symbols } from './native-library.ts';

/** Negative = forever. Not 0xFFFFFFFF: the parameter is a signed 64-bit time_t. */
const forever = -1;
/** How long to wait before a wait that ended early is asked again, ms: it must not burn a processor. */
const askAgainMs = 5;

const { BigInt: Address, I32, I64, U64, U8Array, Void } = DataType;

export class NativeDevice implements DeviceCalls {
  readonly #keys: NativeKeys;
  // Out-parameters live as long as the thread: native code writes into them while JavaScript waits.
  readonly #pointer = Buffer.alloc(pointerBytes);
  readonly #configuration = Buffer.alloc(configurationBytes);
  readonly #command = Buffer.alloc(commandBytes);

  /** Nobody ever wakes it: a sleep for a thread without an event loop. */
  readonly #never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(keys: NativeKeys) {
    this.#keys = keys;
  }

  getConfiguration(set: bigint) {
    const hresult = this.#waiting(symbols.getConfiguration, set, this.#configuration);
    return { hresult, configuration: decodeConfiguration(this.#configuration) };
  }

  getCommand(device: bigint) {
    this.#pointer.fill(0);
    const hresult = this.#waiting(symbols.getCommand, device, this.#pointer);
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

  /** Units of the timeout are not trusted on Linux (sql-server-samples disagree): a wait that ends early lost nothing. */
  #waiting(symbol: string, object: bigint, out: Buffer): number {
    for (;;) {
      const hresult = this.#status(symbol, [Address, I64, U8Array], [object, forever, out]);
      if (hresult !== VD_E_TIMEOUT) return hresult;
      Atomics.wait(this.#never, 0, 0, askAgainMs);
    }
  }

  #status(funcName: string, paramsType: DataType[], paramsValue: unknown[]): number {
    return load({ library: this.#keys.vdi, funcName, retType: I32, paramsType, paramsValue }) >>> 0;
  }

  #memcpy(paramsType: DataType[], paramsValue: unknown[]): void {
    load({ library: this.#keys.libc, funcName: 'memcpy', retType: Void, paramsType, paramsValue });
  }
}
