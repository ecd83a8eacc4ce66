import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEvent } from '../../../src/base/events.ts';
import { JobProgress, partsOf } from '../../../src/job/serving/job-progress.ts';

test('parts of a job are as large as their bytes, or equal where a size is not known', () => {
  assert.deepEqual(partsOf([900, 100]), [
    { from: 0, to: 90 },
    { from: 90, to: 100 },
  ]);
  assert.deepEqual(partsOf([900, undefined], { from: 50, to: 100 }), [
    { from: 50, to: 75 },
    { from: 75, to: 100 },
  ]);
  assert.deepEqual(partsOf([0, 0]), [
    { from: 0, to: 50 },
    { from: 50, to: 100 },
  ]);
  assert.deepEqual(partsOf([]), []);
});

test('the percentage of a job never falls, and is whole at its end', () => {
  const said: (number | undefined)[] = [];
  const progress = new JobProgress((event: JobEvent) => {
    if (event.event === 'progress') said.push(event.percent);
  }, 'reading');
  const hears = (...percents: (number | undefined)[]) => {
    for (const percent of percents) {
      progress.heard(percent);
      progress.say();
    }
  };
  hears(undefined);
  for (const part of partsOf([300, 100])) {
    progress.begin(part);
    hears(20, 100, undefined);
  }
  // A statement that is not needed after all is begun, and says nothing.
  progress.begin({ from: 50, to: 60 });
  hears(10);
  assert.deepEqual(said, [undefined, 15, 75, 75, 80, 100, 100, 100]);
  progress.begin({ from: 0, to: 50 });
  progress.complete();
  progress.say();
  assert.equal(said.at(-1), 100);
});
