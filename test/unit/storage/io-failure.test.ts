import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { ioFailure } from '../../../src/storage/io-failure.ts';

const thrown = (code: string, errno: number) =>
  Object.assign(new Error(`${code}: words, write`), { code, errno });

describe('io failure', () => {
  const table: [string, string, number][] = [
    ['ENOSPC', 'disk-full', 112],
    ['EFBIG', 'file-too-large', 112],
    ['EPIPE', 'broken-pipe', 109],
    ['ECONNRESET', 'broken-pipe', 109],
    ['EACCES', 'access-denied', 5],
    ['EPERM', 'access-denied', 5],
    ['EROFS', 'read-only', 19],
    ['EIO', 'io-error', 1117],
    ['ESTALE', 'io-error', 1117],
  ];
  for (const [name, code, win32] of table) {
    it(`of ${name} is ${code}, Win32 ${win32}`, () => {
      const errno = -Number((constants.errno as Record<string, number>)[name]);
      const failure = ioFailure('write', 'a.partial', thrown(name, errno));
      assert.deepEqual([failure.kind, failure.code, failure.win32], ['io', code, win32]);
      assert.match(failure.message, new RegExp(`^cannot write a\\.partial: .+ \\(${name}\\)$`));
      assert.ok(failure.hints.length > 0);
    });
  }

  it('knows the quota error that Node has no name for', {
    skip: process.platform !== 'linux',
  }, () => {
    const failure = ioFailure('write', 'a', thrown('Unknown system error -122', -122));
    assert.equal(failure.message, 'cannot write a: disk quota exceeded (EDQUOT)');
    assert.equal(failure.win32, 112);
  });

  it('keeps what is a failure already, and the words of anything else', () => {
    const failure = new Failure('archive-damaged', 'y');
    assert.equal(ioFailure('write', 'a', failure), failure);
    assert.equal(ioFailure('write', 'a', new Error('odd')).message, 'cannot write a: odd');
    assert.equal(ioFailure('write', 'a', 'odd').win32, 1117);
  });
});
