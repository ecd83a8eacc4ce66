// The Windows libraries through which COM is spoken, and the names of what is asked for. Classes and interfaces
// are those of sqlvdi.dll (vdiguid.h of microsoft/sql-server-samples).

import { open } from '../../system/ffi.ts';

/** ffi-rs library keys of one thread. */
export interface ComKeys extends Readonly<Record<string, string>> {
  readonly ole32: string;
  readonly oleaut32: string;
  readonly msvcrt: string;
}

/** In the memory order of a GUID: three little-endian numbers, then eight bytes. */
export const CLSID_MSSQL_ClientVirtualDeviceSet = guid('40700425-0080-11d2-851f-00c04fc21759');
export const IID_IClientVirtualDeviceSet2 = guid('d0e6eb07-7a62-11d2-8573-00c04fc21759');

/**
 * Opens the libraries for the main thread and for each device thread. All keys are opened here, before any
 * thread starts, because the table of libraries in ffi-rs is shared by all threads without a lock.
 */
export function openComLibraries(deviceCount: number): { main: ComKeys; devices: ComKeys[] } {
  const devices = Array.from({ length: deviceCount }, (_, device) => openKeys(`device-${device}`));
  return { main: openKeys('main'), devices };
}

function openKeys(thread: string): ComKeys {
  const opened = (library: string) => {
    const key = `${library}:${thread}`;
    open({ library: key, path: `${library}.dll` });
    return key;
  };
  return { ole32: opened('ole32'), oleaut32: opened('oleaut32'), msvcrt: opened('msvcrt') };
}

function guid(text: string): Buffer {
  const [first = '', second = '', third = '', ...rest] = text.split('-');
  const reversed = [first, second, third].map((part) => Buffer.from(part, 'hex').reverse());
  return Buffer.concat([...reversed, Buffer.from(rest.join(''), 'hex')]);
}
