import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import {
  exitCodes,
  type FailureCode,
  type FailureKind,
  failureCodes,
} from '../../../src/base/failure-codes.ts';
import { errorReport } from '../../../src/cli/report/error-report.ts';
import { errorLines } from '../../../src/cli/report/text-reporter.ts';

test('every failure ends with the exit code of its kind, under a code that users may know it by', () => {
  for (const [row, [kind, , shown = row]] of Object.entries<
    readonly [FailureKind, string, string?]
  >(failureCodes)) {
    const { exitCode, code } = errorReport(new Failure(row as FailureCode, 'y'));
    assert.deepEqual([exitCode, code], [exitCodes[kind], shown]);
  }
});

test('what failed, why, and what next are lines of their own', () => {
  const failure = new Failure('login-failed', 'cannot log in', {
    cause: new Error('Login failed for user'),
    hints: ['Is it the right password?', 'Is SQL login enabled?'],
  });
  assert.deepEqual(errorLines(errorReport(failure)), [
    'error: cannot log in',
    'caused by: Login failed for user',
    'hint: Is it the right password?',
    'hint: Is SQL login enabled?',
  ]);
});

test('a usage error is a single line', () => {
  const failure = new Failure('missing-argument', 'no database named', { hints: ['Name one.'] });
  assert.deepEqual(errorLines(errorReport(failure)), ['error: no database named. Name one.']);
});

test('an unexpected error says so, with its stack', () => {
  const report = errorReport(new TypeError('x is not a function'));
  assert.equal(report.exitCode, 1);
  assert.equal(report.message, 'internal error: x is not a function');
  assert.match(errorLines(report)[1] ?? '', /^ {4}at /);
});

test('causes are told once, also in a circle, in an aggregate, and when they are no errors', () => {
  const circle = new Error('circle');
  circle.cause = circle;
  const causes = (cause: unknown) => errorReport(new Failure('io-error', 'y', { cause })).causes;
  assert.deepEqual(causes(circle), ['circle']);
  assert.deepEqual(causes(new AggregateError([new Error('a'), new Error('a')], 'both')), [
    'both',
    'a',
  ]);
  assert.deepEqual(causes('words'), ['words']);
  assert.deepEqual(causes({ number: 3 }), ['{"number":3}']);
});

for (const thrown of [undefined, null, 7, 'words', {}, Symbol('s')]) {
  test(`${String(thrown)} thrown is an internal error`, () => {
    const report = errorReport(thrown);
    assert.equal(report.exitCode, 1);
    assert.match(report.message, /^internal error: /);
  });
}

for (const [code, thrown] of [
  ['no-threads', Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })],
  ['no-memory', new RangeError('Array buffer allocation failed')],
  ['no-descriptors', Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })],
  ['no-working-folder', Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'uv_cwd' })],
] as const)
  test(`${code} is a shortage of the environment, also beneath a thread that died`, () => {
    const died = new Failure('compress-worker-crashed', 'a thread died', { cause: thrown });
    for (const error of [thrown, died]) {
      const { exitCode, code: found, hints, stack } = errorReport(error);
      assert.deepEqual([exitCode, found, stack], [5, code, undefined]);
      assert.doesNotMatch(hints.join(), /report/);
    }
  });

test('a file that is missing is no shortage, and a failure that has a kind keeps it', () => {
  const missing = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'open' });
  assert.equal(errorReport(missing).exitCode, 1);
  const full = Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  assert.equal(errorReport(new Failure('io-error', 'x', { cause: full })).exitCode, 8);
});
