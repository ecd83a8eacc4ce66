import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../../../src/base/deadline.ts';
import { deferred } from '../../../src/base/deferred.ts';

/** Longer than any test takes. */
const longMs = 60_000;

/** Timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

suite('deadline', () => {
  test('work that is in time gives its value, and no timer is left', async () => {
    const before = timers();
    const work = deferred<string>();
    const found = within(work.promise, longMs);
    assert.equal(timers(), before + 1);
    work.resolve('done');
    assert.equal(await found, 'done');
    assert.equal(timers(), before);
  });

  test('work that fails in time gives its failure, and no timer is left', async () => {
    const before = timers();
    const failure = new Error('failed');
    await assert.rejects(within(Promise.reject(failure), longMs), failure);
    assert.equal(timers(), before);
  });

  test('work that takes longer gives undefined, and its failure later is no crash', async () => {
    const unhandled: unknown[] = [];
    const note = (thrown: unknown) => unhandled.push(thrown);
    process.on('unhandledRejection', note);
    try {
      let fail = (_: Error) => {};
      const work = new Promise<string>((_, reject) => {
        fail = reject;
      });
      assert.equal(await within(work, 1), undefined);
      fail(new Error('late'));
      await sleep(1);
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test('a wait that need not be ended does not keep the process alive', async () => {
    const before = timers();
    const work = deferred<string>();
    const found = within(work.promise, longMs, { ref: false });
    assert.equal(timers(), before);
    work.resolve('done');
    assert.equal(await found, 'done');
  });
});
