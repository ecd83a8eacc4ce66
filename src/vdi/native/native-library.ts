// libsqlvdi.so on Linux: found, checked and opened. Symbols are what g++ makes of the published header
// (sql-server-samples, sqlvdi-linux/vdi.h); that every build exports them is not documented, so each is looked up.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { asError, Failure } from '../../base/errors.ts';
import { DataType, load, open } from '../../system/ffi.ts';

const SET = '_ZN22ClientVirtualDeviceSet';
const DEVICE = '_ZN19ClientVirtualDevice';

export const symbols = {
  construct: `${SET}C1Ev`,
  destruct: `${SET}D1Ev`,
  create: `${SET}6CreateEPcP8VDConfig`,
  getConfiguration: `${SET}16GetConfigurationElP8VDConfig`,
  openDevice: `${SET}10OpenDeviceEPcPP19ClientVirtualDevice`,
  close: `${SET}5CloseEv`,
  signalAbort: `${SET}11SignalAbortEv`,
  getCommand: `${DEVICE}10GetCommandElPP11VDC_Command`,
  completeCommand: `${DEVICE}15CompleteCommandEP11VDC_Commandiml`,
} as const;

/** The base-object twins: the same code in a class without virtual bases (Itanium C++ ABI 5.1.4.3). */
const twins: Readonly<Record<string, string>> = {
  [symbols.construct]: `${SET}C2Ev`,
  [symbols.destruct]: `${SET}D2Ev`,
};

/** ffi-rs library keys of one thread. */
export interface NativeKeys extends Readonly<Record<string, string>> {
  readonly vdi: string;
  readonly libc: string;
}

export interface NativeLibrary {
  readonly path: string;
  readonly construct: string;
  readonly destruct: string;
  readonly main: NativeKeys;
  /** One pair of keys per device thread. */
  readonly devices: readonly NativeKeys[];
}

const RTLD_NOW = 2;
const linuxHint =
  'vdibackup runs on the SQL Server machine itself; the library comes with the mssql-server package.';

/**
 * Opens the library for the main thread and for each device thread. All keys are opened here, before any
 * thread starts, because the table of libraries in ffi-rs is shared by all threads without a lock.
 * Throws `Failure('environment')`: missing file, not a library, missing symbols (each named).
 */
export function openNativeLibrary(given: string, deviceCount: number): NativeLibrary {
  // A name without a folder is one in this folder, not one that the loader looks for.
  const path = resolve(given);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    throw new Failure('vdi-library-missing', `the VDI library ${path} does not exist`, {
      hints: [
        linuxHint,
        'If it lies elsewhere, give --vdi-library PATH or set VDIBACKUP_VDI_LIBRARY.',
      ],
    });
  }
  // The loader waits for ever for the other end of a pipe.
  if (!found.isFile()) throw unusable(new Error(`${path} is not a file`));
  const main = openKeys(path, 'main');
  const exported = lookUp(path, main.libc);
  const devices = Array.from({ length: deviceCount }, (_, device) =>
    openKeys(path, `device-${device}`),
  );
  return { path, ...exported, main, devices };
}

function openKeys(path: string, thread: string): NativeKeys {
  const keys = { vdi: `sqlvdi:${thread}`, libc: `libc:${thread}` };
  open({ library: keys.libc, path: '' });
  try {
    open({ library: keys.vdi, path });
  } catch (thrown) {
    throw unusable(asError(thrown));
  }
  return keys;
}

function unusable(cause: Error): Failure {
  // The loader's own words out of what ffi-rs wraps around them.
  const words = /error: "(.*)"/s.exec(cause.message)?.[1] ?? cause.message;
  return new Failure('vdi-library-unusable', `the VDI library cannot be loaded: ${words}`, {
    hints: [
      linuxHint,
      'Is it the 64-bit x86 library of the installed SQL Server, and readable for this user?',
    ],
  });
}

function lookUp(path: string, libc: string): { construct: string; destruct: string } {
  const handle = callLibc(libc, 'dlopen', [cString(path), RTLD_NOW]);
  const has = (symbol: string) => callLibc(libc, 'dlsym', [handle, cString(symbol)]) !== 0n;
  const chosen = (symbol: string) => (has(symbol) ? symbol : (twins[symbol] ?? symbol));
  const missing = Object.values(symbols).filter((symbol) => !has(chosen(symbol)));
  if (missing.length > 0) {
    throw new Failure('vdi-symbol-missing', `the VDI library ${path} lacks ${missing.join(', ')}`, {
      hints: [
        'Is it really libsqlvdi.so of SQL Server 2017 or later? Please report the version with this message.',
      ],
    });
  }
  return { construct: chosen(symbols.construct), destruct: chosen(symbols.destruct) };
}

/** A private, writable, NUL-ended copy, because the header's parameters are `char*`. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

function callLibc(
  library: string,
  funcName: 'dlopen' | 'dlsym',
  values: [Buffer, number] | [bigint, Buffer],
): bigint {
  const paramsType =
    funcName === 'dlopen' ? [DataType.U8Array, DataType.I32] : [DataType.BigInt, DataType.U8Array];
  return load({
    library,
    funcName,
    retType: DataType.BigInt,
    paramsType,
    paramsValue: values,
  }) as unknown as bigint;
}
