import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeBlockSize } from '../../../src/mtf/native-block-size.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { containerSample } from '../../fuzz/container-sample.ts';
import { mediaHeader } from '../../fuzz/stream-sample.ts';

function media(units: number): Buffer {
  const header = Buffer.from(mediaHeader());
  header.writeUInt16LE(units, 64);
  return header;
}

const sizes: readonly [units: number, size: number | undefined][] = [
  [1, 512],
  [8, 4096],
  [128, 65_536],
  [0, undefined],
  [3, undefined],
  [256, undefined],
];
for (const [units, size] of sizes)
  test(`${units} units of 512 make a block size of ${size}, compressed or not`, async () => {
    assert.equal(await nativeBlockSize(rawBytesOf(media(units))), size);
    assert.equal(await nativeBlockSize(rawBytesOf(containerSample(media(units)))), size);
  });

test('a media header whose record is damaged, or not there, has no block size', async () => {
  const container = containerSample(media(8));
  container.writeUInt8(container.readUInt8(900) ^ 1, 900);
  assert.equal(await nativeBlockSize(rawBytesOf(container)), undefined);
  assert.equal(await nativeBlockSize(rawBytesOf(container.subarray(0, 490))), undefined);
  assert.equal(await nativeBlockSize(rawBytesOf(Buffer.from('other'))), undefined);
});
