import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  expandTokens,
  fileNamePart,
  timestamp,
  tokenNames,
  usesToken,
} from '../../../src/cli/options/file-name-tokens.js';
import { Failure } from '../../../src/errors.js';

const values = {
  database: 'Sales',
  type: 'log',
  server: 'db1',
  instance: 'I',
  timestamp: '20260304_050607',
  stripe: '01',
  stripes: '16',
};

for (const [template, expected] of [
  ['plain.bak', 'plain.bak'],
  ['{database}.bak', 'Sales.bak'],
  [
    '/b/{server}/{instance}/{database}_{type}_{timestamp}.trn',
    '/b/db1/I/Sales_log_20260304_050607.trn',
  ],
  ['{stripe}of{stripes}{stripe}', '01of1601'],
  ['{{database}}', '{database}'],
  ['{{{database}}}', '{Sales}'],
  ['a{b', 'a{b'],
  ['a}b', 'a}b'],
] as const) {
  test(`${template} becomes ${expected}`, () => {
    assert.equal(expandTokens(template, values), expected);
  });
}

for (const template of ['{date}', '{Database}', '{}', '{ database }']) {
  test(`${template} is unknown, and the known ones are named`, () => {
    assert.throws(
      () => expandTokens(template, values),
      (error) =>
        error instanceof Failure &&
        error.code === 'unknown-token' &&
        tokenNames.every((name) => error.hints.join().includes(`{${name}}`)),
    );
  });
}

test('a value is not expanded again', () => {
  assert.equal(expandTokens('{database}', { ...values, database: '{type}$&' }), '{type}$&');
});

test('usesToken sees a token, not its quoted name', () => {
  assert.equal(usesToken('x_{stripe}.bak', 'stripe'), true);
  assert.equal(usesToken('x_{{stripe}}.bak', 'stripe'), false);
  assert.equal(usesToken('x_{stripes}.bak', 'stripe'), false);
});

for (const [text, expected] of [
  ['Sales', 'Sales'],
  ['a/b\\c:d*e?f"g<h>i|j', 'a_b_c_d_e_f_g_h_i_j'],
  ['tab\there', 'tab_here'],
  ['.', '_'],
  ['..', '__'],
  ['end. ', 'end__'],
  ['', '_'],
  ['CON', 'CON_'],
  ['nul.old', 'nul_.old'],
  ['COM1', 'COM1_'],
  ['CONSOLE', 'CONSOLE'],
  ['Größe 10%', 'Größe 10%'],
] as const) {
  test(`'${text}' in a file name is '${expected}'`, () => {
    assert.equal(fileNamePart(text), expected);
  });
}

test('no value leaves its place in the path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const part = fileNamePart(text);
      assert.notEqual(part, '');
      assert.doesNotMatch(part, /[/\\:\0]|^\.\.?$/);
      assert.equal(fileNamePart(part), part, 'replacing twice changes nothing');
    }),
  );
});

test('a timestamp is local, or UTC', () => {
  const ms = Date.UTC(2026, 0, 2, 3, 4, 5, 999);
  const before = process.env.TZ;
  process.env.TZ = 'Asia/Kolkata';
  try {
    assert.equal(timestamp(ms, true), '20260102_030405');
    assert.equal(timestamp(ms, false), '20260102_083405');
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
