// ClientVirtualDeviceSet of libsqlvdi.so, one method per call. Non-virtual C++ methods are ordinary
// exported functions that take `this` first.

import { DataType, load, type NoAnswer } from '../../system/ffi.ts';
import type { DeviceSetCalls } from '../device-calls.ts';
import { pointerBytes } from '../struct-layout.ts';
import { cString, type NativeLibrary, symbols } from './native-library.ts';
import { openUmask } from './shared-objects-umask.ts';

/** The object is one private pointer (8 bytes); more is reserved in case a later build grew. */
const objectBytes = 64;

const { BigInt: Address, I32, U64, U8Array, Void } = DataType;

export class NativeDeviceSet implements DeviceSetCalls {
  readonly address: bigint;
  readonly #library: NativeLibrary;
  /** Everything the library was given a pointer to, kept from the garbage collector while the set lives. */
  readonly #lent: Buffer[] = [];

  #giveUmaskBack: () => void = () => undefined;

  constructor(library: NativeLibrary) {
    this.#library = library;
    this.address = this.#libc('calloc', Address, [U64, U64], [1, objectBytes]) as bigint;
    this.#call(library.construct, Void, []);
  }

  create(name: string, configuration: Buffer): number {
    // Until the set is gone, because more objects appear as devices open. A second Create asks again.
    this.#giveUmaskBack();
    this.#giveUmaskBack = openUmask();
    return this.#status(
      symbols.create,
      [U8Array, U8Array],
      [this.#lend(cString(name)), this.#lend(configuration)],
    );
  }

  openDevice(name: string): { hresult: number; device: bigint } {
    const out = Buffer.alloc(pointerBytes);
    const hresult = this.#status(
      symbols.openDevice,
      [U8Array, U8Array],
      [this.#lend(cString(name)), out],
    );
    return { hresult, device: out.readBigUInt64LE() };
  }

  signalAbort(): number {
    return this.#status(symbols.signalAbort);
  }

  close(): number {
    return this.#status(symbols.close);
  }

  destroy(): void {
    this.#call(this.#library.destruct, Void, []);
    this.#libc('free', Void, [Address], [this.address]);
    this.#lent.length = 0;
    this.#giveUmaskBack();
  }

  abandon(): void {
    this.#giveUmaskBack();
  }

  #lend(buffer: Buffer): Buffer {
    this.#lent.push(buffer);
    return buffer;
  }

  #status(symbol: string, types: DataType[] = [], values: unknown[] = []): number {
    return (this.#call(symbol, I32, types, values) as number) >>> 0;
  }

  #call(funcName: string, retType: DataType, types: DataType[], values: unknown[] = []): unknown {
    return load({
      library: this.#library.main.vdi,
      funcName,
      retType: retType as NoAnswer,
      paramsType: [Address, ...types],
      paramsValue: [this.address, ...values],
    });
  }

  #libc(
    funcName: string,
    retType: DataType,
    paramsType: DataType[],
    paramsValue: unknown[],
  ): unknown {
    return load({
      library: this.#library.main.libc,
      funcName,
      retType: retType as NoAnswer,
      paramsType,
      paramsValue,
    });
  }
}
