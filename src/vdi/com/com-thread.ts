// One thread's COM: its membership in the multithreaded apartment, and calls of methods by their place in the
// vtable. ffi-rs calls exported functions only, so a method is reached through oleaut32's DispCallFunc. Not here:
// which methods there are.

import { internalError } from '../../base/errors.ts';
import { DataType, load, type NoAnswer } from '../../system/ffi.ts';
import { vdiFailure } from '../hresult.ts';
import { pointerBytes } from '../struct-layout.ts';
import {
  argumentBytes,
  type ComArgument,
  encodeArguments,
  pointersOffset,
  typesOffset,
  VT_I4,
  variantBytes,
  variantValue,
} from './com-arguments.ts';
import {
  CLSID_MSSQL_ClientVirtualDeviceSet,
  type ComKeys,
  IID_IClientVirtualDeviceSet2,
} from './com-library.ts';

const { BigInt: Address, I32, U32, U64, U8Array, Void } = DataType;

const COINIT_MULTITHREADED = 0;
const CLSCTX_INPROC_SERVER = 1;
/** CALLCONV CC_STDCALL. */
const CC_STDCALL = 4;

/** Behind the arguments: room for what a method writes (a pointer or a VDConfig), then for texts it reads. */
const outOffset = argumentBytes;
const outBytes = 64;
const textOffset = outOffset + outBytes;
/** Set and instance name of one call, UTF-16: a GUID with its device number, and 16 characters. */
const textBytes = 1024;

export class ComThread {
  /** Native address where a method may write up to 64 bytes. */
  readonly out: bigint;
  readonly #keys: ComKeys;
  readonly #memory: bigint;
  readonly #image = Buffer.alloc(argumentBytes);
  // Lives as long as the thread: DispCallFunc writes into it while JavaScript waits.
  readonly #result = Buffer.alloc(variantBytes);
  #textUsed = 0;

  /** Enters the multithreaded apartment: sqlvdi.dll asks it of every thread that calls. Throws `Failure('environment')`. */
  constructor(keys: ComKeys) {
    this.#keys = keys;
    const hresult = this.#ole32('CoInitializeEx', I32, [Address, U32], [0n, COINIT_MULTITHREADED]);
    if ((hresult as number) < 0) throw vdiFailure('CoInitializeEx', hresult as number);
    // Native memory, because VARIANTs hold addresses and a Buffer's address is not known.
    const size = textOffset + textBytes;
    this.#memory = this.#ole32('CoTaskMemAlloc', Address, [U64], [size]) as bigint;
    if (this.#memory === 0n) throw internalError('memory for COM arguments', 'none');
    this.out = this.#memory + BigInt(outOffset);
  }

  /** A new device set of sqlvdi.dll, with one reference. */
  createDeviceSet(): { hresult: number; set: bigint } {
    const pointer = Buffer.alloc(pointerBytes);
    const hresult = this.#ole32(
      'CoCreateInstance',
      I32,
      [U8Array, Address, U32, U8Array, U8Array],
      [
        CLSID_MSSQL_ClientVirtualDeviceSet,
        0n,
        CLSCTX_INPROC_SERVER,
        IID_IClientVirtualDeviceSet2,
        pointer,
      ],
    );
    return { hresult: (hresult as number) >>> 0, set: pointer.readBigUInt64LE() };
  }

  /** Calls method number `slot` of the object at `self`; its HRESULT, unsigned. */
  call(self: bigint, slot: number, args: readonly ComArgument[] = []): number {
    encodeArguments(this.#image, this.#memory, args);
    this.copyIn(this.#memory, this.#image, argumentBytes);
    const called = load({
      library: this.#keys.oleaut32,
      funcName: 'DispCallFunc',
      retType: I32,
      paramsType: [Address, U64, I32, I32, U32, Address, Address, U8Array],
      paramsValue: [
        self,
        slot * pointerBytes,
        CC_STDCALL,
        VT_I4,
        args.length,
        this.#memory + BigInt(typesOffset),
        this.#memory + BigInt(pointersOffset),
        this.#result,
      ],
    });
    if (called !== 0) throw internalError('a COM call', `0x${(called >>> 0).toString(16)}`);
    this.#textUsed = 0;
    return this.#result.readUInt32LE(variantValue);
  }

  /** A UTF-16 copy of `text` in native memory, good for the next call. */
  text(text: string): bigint {
    const units = Buffer.from(`${text}\0`, 'utf16le');
    if (this.#textUsed + units.length > textBytes) throw internalError('a shorter name', text);
    const place = this.#memory + BigInt(textOffset + this.#textUsed);
    this.#textUsed += units.length;
    this.copyIn(place, units, units.length);
    return place;
  }

  copyOut(target: Uint8Array, source: bigint, bytes: number): void {
    this.#memcpy([U8Array, Address, U64], [target, source, bytes]);
  }

  copyIn(target: bigint, source: Uint8Array, bytes: number): void {
    this.#memcpy([Address, U8Array, U64], [target, source, bytes]);
  }

  /** Leaves the apartment, last of all: no COM object may be used by this thread afterwards. */
  leave(): void {
    this.#ole32('CoTaskMemFree', Void, [Address], [this.#memory]);
    this.#ole32('CoUninitialize', Void, [], []);
  }

  #memcpy(paramsType: DataType[], paramsValue: unknown[]): void {
    load({
      library: this.#keys.msvcrt,
      funcName: 'memcpy',
      retType: Void,
      paramsType,
      paramsValue,
    });
  }

  #ole32(
    funcName: string,
    retType: DataType,
    paramsType: DataType[],
    paramsValue: unknown[],
  ): unknown {
    const library = this.#keys.ole32;
    return load({
      library,
      funcName,
      retType: retType as NoAnswer,
      paramsType,
      paramsValue,
    });
  }
}
