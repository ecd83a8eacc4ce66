import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { rootCauseOf } from '../../../src/job/sets/source-failure.ts';
import { failureFromMessage } from '../../../src/sql/message/statement-failure.ts';

const source = new Failure('archive-damaged', 's.zst is damaged');
const said = (number: number, text: string) =>
  failureFromMessage({ number, severity: 16, state: 1, text });
const readFailed = said(3203, 'Read on "x" failed: 30(The system cannot read.)');
const aborted = said(18210, 'failure on backup device x. Operating system error 995(…).');
const diskFull = said(3257, 'There is insufficient free space on disk volume.');

test('a source that failed is why SQL Server could not read on', () => {
  assert.equal(rootCauseOf(readFailed, source), source);
  assert.equal(rootCauseOf(aborted, source), source);
});

test("a reason of its own is SQL Server's, and no failure stays none", () => {
  assert.equal(rootCauseOf(diskFull, source), diskFull);
  assert.equal(rootCauseOf(readFailed, undefined), readFailed);
  assert.equal(rootCauseOf(undefined, source), undefined);
});
