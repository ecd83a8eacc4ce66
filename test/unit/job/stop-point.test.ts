import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { instantOf, stopPoint } from '../../../src/job/restore/stop-point.ts';
import type { BackupSet } from '../../../src/mtf/backup-set.ts';

const summerBegins = Date.parse('2026-03-29T01:00:00Z');
const summerEnds = Date.parse('2026-10-25T01:00:00Z');
const berlin = (instant: number) => (instant >= summerBegins && instant < summerEnds ? 120 : 60);

const set = (started: string, timeZoneMinutes?: number): BackupSet => ({
  started,
  ...(timeZoneMinutes !== undefined && { timeZoneMinutes }),
});

suite('the point of --stop-at', () => {
  for (const [what, text, sets, local] of [
    ['without an offset is what was said', '2026-07-01T12:00:00', [], '2026-07-01T12:00:00'],
    ['is in the zone of this machine', '2026-07-01T12:00:00+00:00', [], '2026-07-01T14:00:00'],
    ['also in winter', '2026-12-01T12:00:00-05:00', [], '2026-12-01T18:00:00'],
    ['keeps its fraction', '2026-07-01T12:00:00.120+00:00', [], '2026-07-01T14:00:00.120'],
    [
      'is in the zone that the backups around it say',
      '2026-07-01T12:00:00+00:00',
      [set('2026-07-01T17:00:00', 330), set('2026-07-01T18:00:00', 330)],
      '2026-07-01T17:30:00',
    ],
    [
      'behind the last backup is in that of the last',
      '2026-07-01T12:00:00+00:00',
      [set('2026-06-30T17:00:00', 330), set('2026-06-29T17:00:00', -60)],
      '2026-07-01T17:30:00',
    ],
    [
      'is in ours where a backup does not say its zone',
      '2026-07-01T12:00:00+00:00',
      [set('2026-07-01T17:00:00')],
      '2026-07-01T14:00:00',
    ],
    [
      'between backups of summer and winter follows our rules, before the change',
      '2026-10-25T00:30:00+00:00',
      [set('2026-10-24T22:00:00', 120), set('2026-10-25T05:00:00', 60)],
      '2026-10-25T02:30:00',
    ],
    [
      'and after it',
      '2026-10-25T02:30:00+00:00',
      [set('2026-10-24T22:00:00', 120), set('2026-10-25T05:00:00', 60)],
      '2026-10-25T03:30:00',
    ],
  ] as const)
    test(what, () => {
      assert.equal(stopPoint(text, sets, berlin).local, local);
    });

  test('is refused where the clock of the server changed by rules that nobody here knows', () => {
    const sets = [set('2026-10-24T22:00:00', 300), set('2026-10-25T05:00:00', 240)];
    assert.throws(
      () => stopPoint('2026-10-24T20:00:00+00:00', sets, berlin),
      (error) => error instanceof Failure && error.code === 'stop-at-zone',
    );
  });

  for (const [text, isRepeated] of [
    ['2026-10-25T01:59:59', false],
    ['2026-10-25T02:00:00', true],
    ['2026-10-25T02:59:59', true],
    ['2026-10-25T03:00:00', false],
    ['2026-10-25T00:30:00+00:00', true],
    ['2026-10-25T01:30:00+00:00', true],
    ['2026-10-25T02:30:00+00:00', false],
    ['2026-03-29T02:30:00', false],
    ['2026-07-01T02:30:00', false],
  ] as const)
    test(`${text} ${isRepeated ? 'comes twice' : 'comes once'}`, () => {
      assert.equal(stopPoint(text, [], berlin).isRepeated, isRepeated);
    });

  test('comes once where the server keeps other hours than this machine', () => {
    const sets = [set('2026-10-25T01:00:00', 0), set('2026-10-25T04:00:00', 0)];
    assert.equal(stopPoint('2026-10-25T02:30:00', sets, berlin).isRepeated, false);
  });

  test('is an instant, by its offset or by the zone', () => {
    const noon = Date.parse('2026-07-01T12:00:00Z');
    assert.equal(instantOf('2026-07-01T17:30:00+05:30', berlin), noon);
    assert.equal(
      instantOf('2026-07-01T14:00:00', () => 120),
      noon,
    );
  });
});
