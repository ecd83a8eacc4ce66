import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Throttle } from '../../../src/pipeline/compress/throttle.ts';

suite('throttle', () => {
  test('spaces pieces so that the rate is never exceeded', () => {
    const throttle = new Throttle(1000, () => 0);
    assert.deepEqual([throttle.delay(500), throttle.delay(250), throttle.delay(1)], [0, 500, 750]);
  });

  test('does not save up idle time for a burst', () => {
    let now = 0;
    const throttle = new Throttle(1000, () => now);
    throttle.delay(100);
    now = 10_000;
    assert.deepEqual([throttle.delay(100), throttle.delay(100)], [0, 100]);
  });
});
