// Whoever has the name of a pipe: made as this account makes it, or owned by another one, which is what a
// user does who wants to keep others from their backups. Run under Wine by failure.test.ts until it is killed.

import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { DataType, load, open } from 'ffi-rs';

const { BigInt: Address, U32, U8Array } = DataType;
// CreateNamedPipeW: winbase.h; SECURITY_ATTRIBUTES: minwinbase.h; SDDL: sddl.h
const PIPE_ACCESS_DUPLEX = 3;
const instances = 255;
const SDDL_REVISION_1 = 1;
/** The Guests own it, and everybody may read it. */
const guests = 'O:BGG:BGD:(A;;GA;;;WD)';

const wide = (text: string) => Buffer.from(`${text}\0`, 'utf16le');

function call(library: string, funcName: string, paramsType: DataType[], paramsValue: unknown[]) {
  open({ library, path: `${library}.dll` });
  return load({ library, funcName, retType: Address, paramsType, paramsValue }) as bigint;
}

function makeAsGuest(name: string): void {
  const descriptor = Buffer.alloc(8);
  const types = [U8Array, U32, U8Array, Address];
  const words = [wide(guests), SDDL_REVISION_1, descriptor, 0n];
  call('advapi32', 'ConvertStringSecurityDescriptorToSecurityDescriptorW', types, words);
  const attributes = Buffer.alloc(24);
  attributes.writeUInt32LE(attributes.length);
  attributes.writeBigInt64LE(descriptor.readBigInt64LE(), 8);
  call(
    'kernel32',
    'CreateNamedPipeW',
    [U8Array, U32, U32, U32, U32, U32, U32, U8Array],
    [wide(name), PIPE_ACCESS_DUPLEX, 0, instances, 4096, 4096, 0, attributes],
  );
}

const [name = '', owner] = process.argv.slice(2);
if (owner === 'guest') makeAsGuest(name);
else createServer((socket) => socket.destroy()).listen(name);
setTimeout(() => writeSync(2, 'held'), 500);
setInterval(() => undefined, 1000);
