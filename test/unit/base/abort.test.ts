import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Abort } from '../../../src/base/abort.ts';

suite('abort', () => {
  test('the first cause stays the cause', () => {
    const abort = new Abort();
    const [first, second] = [new Error('first'), new Error('second')];
    abort.raise(first);
    abort.raise(second);
    assert.equal(abort.cause, first);
  });

  test('a listener runs once, and at once when it comes late', () => {
    const abort = new Abort();
    const heard: string[] = [];
    abort.onAbort(() => heard.push('early'));
    abort.raise(new Error('x'));
    abort.raise(new Error('y'));
    abort.onAbort(() => heard.push('late'));
    assert.deepEqual(heard, ['early', 'late']);
  });

  test('a listener that was unregistered stays silent', () => {
    const abort = new Abort();
    abort.onAbort(() => assert.fail('called'))();
    abort.raise(new Error('x'));
  });

  test('race ends with the cause although the promise never settles', async () => {
    const abort = new Abort();
    const raced = abort.race(new Promise(() => undefined));
    abort.raise(new Error('root'));
    await assert.rejects(raced, /root/);
  });

  test('race gives the value when nothing aborts', async () => {
    assert.equal(await new Abort().race(Promise.resolve(7)), 7);
  });

  test('hurry means nothing before the abort and comes through once after it', () => {
    const abort = new Abort();
    let hurried = 0;
    abort.onHurry(() => {
      hurried += 1;
    });
    abort.hurry();
    assert.equal(hurried, 0);
    abort.raise(new Error('x'));
    abort.hurry();
    abort.hurry();
    assert.equal(hurried, 1);
  });
});
