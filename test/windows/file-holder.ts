// A program that holds a file open and shares it with nobody, as a virus scanner or a copy in progress does. Run
// under Wine by failure.test.ts until it is killed.

import { writeSync } from 'node:fs';
import { DataType, load, type NoAnswer, open } from '../../src/system/ffi.ts';

const { BigInt: Address, U32, U8Array } = DataType;
const GENERIC_READ = 0x80000000;
const OPEN_EXISTING = 3;

open({ library: 'kernel32', path: 'kernel32.dll' });
const handle = load({
  library: 'kernel32',
  funcName: 'CreateFileW',
  retType: Address as NoAnswer,
  paramsType: [U8Array, U32, U32, Address, U32, U32, Address],
  paramsValue: [
    Buffer.from(`${process.argv[2]}\0`, 'utf16le'),
    GENERIC_READ,
    0,
    0n,
    OPEN_EXISTING,
    0,
    0n,
  ],
}) as unknown;
writeSync(2, handle === -1n ? 'cannot be opened' : 'held');
setInterval(() => undefined, 1000);
