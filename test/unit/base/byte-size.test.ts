import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatByteSize, MiB, parseByteSize } from '../../../src/base/byte-size.ts';

suite('byte size', () => {
  for (const [text, bytes] of [
    ['4MiB', 4 * MiB],
    ['64K', 65_536],
    ['64 kb', 65_536],
    ['1.5g', 1.5 * 1024 * MiB],
    ['65536', 65_536],
    ['0', 0],
    ['2T', 2 * 1024 * 1024 * MiB],
  ] as const) {
    test(`reads ${text}`, () => assert.equal(parseByteSize(text), bytes));
  }
  for (const text of ['', 'x', '4X', '-1', '1.0001', '9999999999T', '4 Mi B', '1e3', 'NaN']) {
    test(`refuses "${text}"`, () => assert.equal(parseByteSize(text), undefined));
  }
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [389.4 * 1024 * MiB, '389.4 GiB'],
    [5 * MiB, '5.00 MiB'],
    [10 * MiB, '10.0 MiB'],
    [2 ** 63, '8192.0 PiB'],
  ] as const) {
    test(`writes ${text}`, () => assert.equal(formatByteSize(bytes), text));
  }
});
