// Who started this process, which Node cannot tell. Windows only.

import { DataType } from './ffi.ts';
import { system } from './process-calls.ts';

const { BigInt: Address, I32, U32, U8Array } = DataType;

const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
/** Longest path of a program, UTF-16 units. */
const longestPath = 32_768;

/** Path of the program that process `pid` runs; undefined where the system does not say. */
export function programOf(pid: number): string | undefined {
  const rights = [PROCESS_QUERY_LIMITED_INFORMATION, 0, pid];
  const handle = system('OpenProcess', [U32, I32, U32], rights, Address);
  if (handle === 0n) return undefined;
  const path = Buffer.alloc(longestPath * 2);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(longestPath);
  const types = [Address, U32, U8Array, U8Array];
  const told = system('QueryFullProcessImageNameW', types, [handle, 0, path, length]);
  system('CloseHandle', [Address], [handle]);
  return told === 0 ? undefined : path.toString('utf16le', 0, length.readUInt32LE() * 2);
}
