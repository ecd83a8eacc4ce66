import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorReport } from '../../../src/cli/report/error-report.js';
import { errorLines } from '../../../src/cli/report/text-reporter.js';
import { exitCodes, Failure, type FailureKind } from '../../../src/errors.js';

for (const [kind, exitCode] of Object.entries(exitCodes)) {
  test(`a failure of kind ${kind} ends with ${exitCode}`, () => {
    assert.equal(errorReport(new Failure(kind as FailureKind, 'x', 'y')).exitCode, exitCode);
  });
}

test('what failed, why, and what next are lines of their own', () => {
  const failure = new Failure('connection', 'login-failed', 'cannot log in', {
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
  const failure = new Failure('usage', 'x', 'no database named', { hints: ['Name one.'] });
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
  const causes = (cause: unknown) => errorReport(new Failure('io', 'x', 'y', { cause })).causes;
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
