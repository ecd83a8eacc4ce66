// ClientVirtualDeviceSet of libsqlvdi.so, one method per call. Non-virtual C++ methods are ordinary
// exported functions that take `this` first.

import { DataType, load, type NoAnswer } from '../../system/ffi.js';
import type { DeviceSetCalls } from '../device-calls.js';
import { pointerBytes } from '../struct-layout.js';
import { cString, type NativeLibrary, symbols } from './native-library.js';

/** The object is one private pointer (8 bytes); more is reserved in case a later build grew. */
const objectBytes = 64;

const { BigInt: Address, I32, U64, U8Array, Void } = DataType;

export class NativeDeviceSet implements DeviceSetCalls {
  readonly address: bigint;
  readonly #library: NativeLibrary;
  /** Everything the library was given a pointer to, kept from the garbage collector while the set lives. */
  readonly #lent: Buffer[] = [];

  /** The umask to put back. */
  #umask: number | undefined;

  constructor(library: NativeLibrary) {
    this.#library = library;
    this.address = this.#libc('calloc', Address, [U64, U64], [1, objectBytes]) as bigint;
    this.#call(library.construct, Void, []);
  }

  create(name: string, configuration: Buffer): number {
    // The library makes shared memory that the account of SQL Server must open; the umask of this process would
    // strip the group's rights (sql-server-samples pull request 238). It stays open until the set is gone,
    // because more objects appear as devices open; files of our own state their mode.
    this.#umask ??= process.umask(0);
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
    if (this.#umask !== undefined) process.umask(this.#umask);
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
