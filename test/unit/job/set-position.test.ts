import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { checkPosition, positionIn } from '../../../src/job/sets/set-position.ts';

const described = (sets: number, more: boolean, seekable: boolean) => ({
  name: 's.bak',
  seekable,
  description: { sets: Array.from({ length: sets }, () => ({})), more },
});
const position = positionIn('STATS = 5, FILE /* which */ = 7');

test('the position is that of FILE', () => {
  assert.equal(position, 7);
  assert.equal(positionIn('STATS = 5'), undefined);
  assert.equal(positionIn(undefined), undefined);
});

const allowed: [string, number, boolean, boolean][] = [
  ['the last set of a file', 7, false, true],
  ['a set of a file that may hold more than was seen', 6, true, true],
  ['a file of which nothing is known', 0, false, true],
  ['a set in the head of a pipe', 7, true, false],
];
for (const [title, ...how] of allowed)
  test(`FILE may be ${title}`, () => checkPosition(position, described(...how)));

test('without FILE, nothing is refused', () =>
  checkPosition(undefined, described(0, false, false)));

test('FILE = 1 of a pipe is what is meant anyway', () =>
  checkPosition(1, described(0, false, false)));

function refused(words: RegExp, ...how: [number, boolean, boolean]): void {
  assert.throws(
    () => checkPosition(position, described(...how)),
    (error) => error instanceof Failure && error.kind === 'usage' && words.test(error.message),
  );
}

test('FILE behind the last set of a file is refused with their number', () => {
  refused(/says FILE = 7, but s\.bak holds 6 backup sets/, 6, false, true);
  refused(/says FILE = 7, but s\.bak holds 1 backup set$/, 1, false, true);
});

test('FILE behind the known head of a pipe is refused', () => {
  refused(/position 7 .*cannot be seen in the head of a pipe/, 6, false, false);
  refused(/cannot be seen in the head of a pipe/, 0, true, false);
});
