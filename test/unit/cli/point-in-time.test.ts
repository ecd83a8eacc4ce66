import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { pointInTime } from '../../../src/cli/options/option-values.ts';

for (const [text, point] of [
  ['2026-05-31 18:30', '2026-05-31T18:30:00'],
  ['2026-05-31T18:30:05.5', '2026-05-31T18:30:05.5'],
  ['2026-05-31T18:30:05Z', '2026-05-31T18:30:05+00:00'],
  ['2026-05-31 18:30 +02:00', '2026-05-31T18:30:00+02:00'],
  ['2026-05-31T18:30-09:30', '2026-05-31T18:30:00-09:30'],
  ['2026-05-31T18:30+14:00', '2026-05-31T18:30:00+14:00'],
] as const)
  test(`--stop-at ${text} is ${point}`, () => {
    assert.equal(pointInTime(text), point);
  });

for (const text of [
  '2026-05-31',
  '2026-02-30 18:30',
  '2026-05-31 18:30+2',
  '2026-05-31 18:30+02:60',
  '2026-05-31 18:30+14:01',
  '2026-05-31 18:30 CEST',
  '18:30+02:00',
])
  test(`--stop-at ${text} is refused`, () => {
    assert.throws(
      () => pointInTime(text),
      (error) =>
        error instanceof Failure && /must be a local time of the server/.test(error.message),
    );
  });
