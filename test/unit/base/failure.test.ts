import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure, failureOf } from '../../../src/base/errors.ts';

suite('a failure', () => {
  const full = new Failure('disk-full', 'cannot write x', {
    hints: ['Free some space.'],
    cause: new Error('ENOSPC'),
    win32: 112,
    offset: 7,
    data: { setId: 'a' },
  });
  const parts = ({ kind, code, message, hints, cause, win32, offset, data }: Failure) => {
    return { kind, code, message, hints, cause, win32, offset, data };
  };

  test('that is changed keeps all that was not named', () => {
    assert.deepEqual(parts(full.with({})), parts(full));
    const changed = full.with({ message: 'the tail: cannot write x', hints: [] });
    const named = { message: 'the tail: cannot write x', hints: [] };
    assert.deepEqual(parts(changed), { ...parts(full), ...named });
  });

  test('that gets another code ends as that one does', () => {
    const { kind, code } = full.with({ code: 'destination-locked' });
    assert.deepEqual([kind, code], ['locked', 'destination-locked']);
  });

  test('keeps its exit code where its code is shown of several', () => {
    const given = new Failure('master-full-only-given', 'not that one');
    for (const one of [given, given.with({ hints: [] }), failureOf(given.fields)])
      assert.deepEqual([one.kind, one.code], ['usage', 'master-full-only']);
    assert.equal(new Failure('master-full-only', 'not that one').kind, 'database-state');
  });

  test('crosses threads with all but its cause and data', () => {
    const { cause: _, data: __, ...crossing } = parts(full);
    const arrived = failureOf(structuredClone(full.fields));
    assert.deepEqual(parts(arrived), { ...crossing, cause: undefined, data: undefined });
  });
});
