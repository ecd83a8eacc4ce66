import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatDuration, parseDuration } from '../../../src/base/duration.ts';

suite('duration', () => {
  for (const [text, ms] of [
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['off', 0],
    ['0', 0],
    ['1.5s', 1500],
  ] as const) {
    test(`reads ${text}`, () => assert.equal(parseDuration(text), ms));
  }
  for (const text of ['', 'm', '5x', '-5s', '1h 30m', 'soon', '90', '1.5', '00']) {
    test(`refuses "${text}"`, () => assert.equal(parseDuration(text), undefined));
  }
  for (const [ms, text] of [
    [850, '850ms'],
    [999.7, '999ms'],
    [12_399, '12.3s'],
    [59_999, '59.9s'],
    [60_000, '1m00s'],
    [252_000, '4m12s'],
    [3_599_999, '59m59s'],
    [7_500_000, '2h05m'],
  ] as const) {
    test(`writes ${text}`, () => assert.equal(formatDuration(ms), text));
  }
});
