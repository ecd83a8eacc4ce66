// What is told of a natively compressed backup that lies about where its sets are, or has very many of them.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KiB } from '../../../src/base/byte-size.ts';
import { describeMssqlbak } from '../../../src/mtf/mssqlbak/description.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { containerOf, containerSample, listing } from '../../fuzz/container-sample.ts';

const described = (bytes: Uint8Array) => describeMssqlbak(rawBytesOf(bytes));

suite('the list in the last filemark', () => {
  const sample = containerSample();
  const body = sample.subarray(0, sample.length - 512);
  const first = Number(sample.readBigUInt64LE(sample.length - 512 + 80));
  const second = Number(sample.readBigUInt64LE(sample.length - 512 + 72));

  test('counts as damaged when it names a place twice, or not in their order', async () => {
    const twice = Array.from({ length: 80 }, () => [first, second]).flat();
    for (const marks of [twice, [first, first], [second, first]]) {
      const { sets } = await described(Buffer.concat([body, listing(marks)]));
      assert.equal(sets.length, 1);
      assert.equal(sets[0]?.header.Provisional, true, 'as far as the start of the first set says');
    }
    const { sets } = await described(Buffer.concat([body, listing([first, second])]));
    assert.equal(sets[0]?.header.Provisional, undefined);
  });

  test('is followed for so many sets; more may follow', async () => {
    const names = Array.from({ length: 513 }, (_, index) => `Sales${index}`);
    const all = await described(containerOf(names.slice(1)));
    assert.deepEqual([all.sets.length, all.more], [512, false]);
    const some = await described(containerOf(names));
    assert.deepEqual([some.sets.length, some.more], [512, true]);
  });
});

suite('the records in front of a filemark', () => {
  /** Behind more than a gap can be. */
  const marks = (count: number) =>
    Buffer.concat([Buffer.alloc(64 * KiB), Buffer.alloc(count, 0x21)]);

  test('are looked for in so many places', async () => {
    for (const [junk, found] of [
      [marks(1000), true],
      [marks(1100), false],
    ] as const) {
      const { sets } = await described(containerOf(['Sales'], junk));
      assert.equal(sets[0]?.header.Provisional !== true, found);
    }
  });

  test('do not keep others waiting', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await described(containerOf(['Sales', 'Stock', 'Staff']));
    clearImmediate(timer);
    assert.ok(turns >= 3);
  });
});
