import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  address,
  argumentBytes,
  encodeArguments,
  u32,
} from '../../../src/vdi/com/com-arguments.ts';
import {
  CLSID_MSSQL_ClientVirtualDeviceSet,
  IID_IClientVirtualDeviceSet2,
} from '../../../src/vdi/com/com-library.ts';

/** Places as DispCallFunc reads them on 64-bit Windows: types, pointers, then VARIANTs of 24 bytes. */
const pointers = 8;
const variants = 40;

suite('the arguments of a COM call', () => {
  test('lie in native memory as types, pointers and VARIANTs', () => {
    const image = Buffer.alloc(argumentBytes);
    encodeArguments(image, 0x7000_0000n, [u32(0xffffffff), address(0x1234_5678_9abc_def0n)]);
    assert.equal(image.readUInt16LE(0), 3, 'VT_I4');
    assert.equal(image.readUInt16LE(2), 20, 'VT_I8');
    assert.equal(image.readBigUInt64LE(pointers), 0x7000_0000n + 40n);
    assert.equal(image.readBigUInt64LE(pointers + 8), 0x7000_0000n + 64n);
    assert.equal(image.readUInt16LE(variants), 3);
    assert.equal(image.readUInt32LE(variants + 8), 0xffffffff, 'INFINITE keeps its bits');
    assert.equal(image.readUInt16LE(variants + 24), 20);
    assert.equal(image.readBigUInt64LE(variants + 32), 0x1234_5678_9abc_def0n);
  });

  test('four of them fit, which is what CompleteCommand takes', () => {
    const image = Buffer.alloc(argumentBytes);
    const four = [address(1n), u32(2), u32(3), address(4n)];
    encodeArguments(image, 0n, four);
    assert.equal(image.readBigUInt64LE(argumentBytes - 16), 4n);
  });
});

test('class and interface are written in the memory order of a GUID', () => {
  assert.equal(
    CLSID_MSSQL_ClientVirtualDeviceSet.toString('hex'),
    '250470408000d211851f00c04fc21759',
  );
  assert.equal(IID_IClientVirtualDeviceSet2.toString('hex'), '07ebe6d0627ad211857300c04fc21759');
});
