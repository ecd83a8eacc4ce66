import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { describeHresult } from '../../../src/vdi/hresult.ts';
import {
  decodeCommand,
  decodeConfiguration,
  encodeConfiguration,
} from '../../../src/vdi/struct-layout.ts';
import * as constants from '../../../src/vdi/vdi-constants.ts';

suite('struct layout', () => {
  test('a configuration is 44 bytes, zero but for its inputs', () => {
    const bytes = encodeConfiguration(3, 0x2000);
    assert.equal(bytes.length, 44);
    assert.equal(bytes.toString('hex'), `0300000000200000${'00'.repeat(36)}`);
  });

  test('reads what the server wrote', () => {
    const bytes = Buffer.alloc(44);
    bytes.writeUInt32LE(2, 0);
    bytes.writeUInt32LE(0x50000, 4);
    bytes.writeUInt32LE(4096, 28);
    bytes.writeUInt32LE(1 << 20, 36);
    assert.deepEqual(decodeConfiguration(bytes), {
      deviceCount: 2,
      features: 0x50000,
      blockSize: 4096,
      maxTransferSize: 1 << 20,
    });
  });

  test('a command keeps the sign of its size and all 64 bits of its address', () => {
    const bytes = Buffer.alloc(24);
    bytes.writeInt32LE(2, 0);
    bytes.writeInt32LE(-1, 4);
    bytes.writeBigUInt64LE(0xffff_8000_0000_1000n, 16);
    assert.deepEqual(decodeCommand(bytes), { code: 2, size: -1, buffer: 0xffff_8000_0000_1000n });
  });
});

suite('HRESULT', () => {
  for (const [name, value] of Object.entries(constants).filter(([name]) =>
    name.startsWith('VD_E_'),
  )) {
    test(`${name} is named`, () =>
      assert.match(describeHresult(value as number), new RegExp(`${name} `)));
  }
  test('signed and unsigned are the same', () => {
    assert.equal(describeHresult(-2139684860), describeHresult(0x80770004));
  });
  test('an unknown one is its number', () =>
    assert.equal(describeHresult(0x80004005), '0x80004005'));
});
