import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import { foldedName } from '../../../src/base/folded-name.ts';
import {
  expandTokens,
  fileNamePart,
  timestamp,
  tokenNames,
  usesToken,
} from '../../../src/cli/options/file-name-tokens.ts';

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

for (const text of [
  'Sales',
  'CONSOLE',
  'Größe 10%',
  "O'Hara]x",
  ' 18752',
  'a~b',
  'a~1234567',
  'café',
]) {
  test(`the database name '${text}' is its file name, byte for byte`, () => {
    assert.equal(fileNamePart(text), text);
  });
}

for (const [text, expected] of [
  ['a/b\\c:d*e?f"g<h>i|j', 'a_b_c_d_e_f_g_h_i_j'],
  ['tab\there', 'tab_here'],
  ['.', '_'],
  ['..', '__'],
  ['end. ', 'end__'],
  ['', '_'],
  ['CON', 'CON_'],
  ['nul.old', 'nul_.old'],
  ['COM1', 'COM1_'],
  ['half \ud83d', 'half _'],
  ['a~0123abcd', 'a~0123abcd'],
  ['a~0123ABCD', 'a~0123ABCD'],
] as const) {
  test(`'${text}' in a file name is '${expected}' and a tag of its own`, () => {
    assert.match(fileNamePart(text).slice(expected.length), /^~[0-9a-f]{8}$/);
    assert.ok(fileNamePart(text).startsWith(expected));
  });
}

test("a tag is the beginning of the name's SHA-256", () => {
  // printf %s 'A/B' | sha256sum
  const { stdout } = spawnSync('sha256sum', { input: 'A/B' });
  assert.equal(fileNamePart('A/B'), `A_B~${stdout.toString().slice(0, 8)}`);
});

test('names that used to share a file have files of their own', () => {
  const names = ['A/B', 'A:B', 'A_B', 'Sales.', 'Sales_', 'CON', 'CON_', '\ud800', '\ud801', '_'];
  const files = names.map((name) => fileNamePart(name).toLowerCase());
  assert.equal(new Set(files).size, names.length);
  const again = files.map((file) => fileNamePart(file));
  assert.equal(
    new Set([...files, ...again]).size,
    2 * names.length - 4,
    'A_B, Sales_, CON_ and _ stay',
  );
});

test('no value leaves its place in the path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const part = fileNamePart(text);
      assert.notEqual(part, '');
      assert.doesNotMatch(part, /[/\\:\0]|^\.\.?$/);
    }),
  );
});

interface Kept {
  readonly commit: string;
  readonly names: readonly { readonly name: string; readonly file: string }[];
}

test('names that needed no replacement keep the file names that schedules know', () => {
  // Compiled tests lie in dist/test/unit/cli.
  const path = join(import.meta.dirname, '../../../../test/vectors/file-names.json');
  const { names } = JSON.parse(readFileSync(path, 'utf8')) as Kept;
  assert.ok(names.length >= 100);
  for (const { name, file } of names) {
    const written = expandTokens('{database}_{type}.trn', { ...values, database: name });
    assert.equal(written, `${file}_log.trn`);
  }
});

test('a twin has a tag wherever its name stands, and only there', () => {
  const template = '{server}/{database}/{database}_{type}';
  assert.equal(
    expandTokens(template, { ...values, server: 'Sales' }, true),
    `Sales/${fileNamePart('Sales', true)}/${fileNamePart('Sales', true)}_log`,
  );
  assert.match(fileNamePart('Sales', true), /^Sales~[0-9a-f]{8}$/);
  assert.equal(fileNamePart('A/B', true), fileNamePart('A/B'));
});

for (const [one, other] of [
  ['Sales', 'sales'],
  ['caf\u00e9', 'cafe\u0301'],
  ['CAF\u00c9', 'cafe\u0301'],
  ['Stra\u00dfe', 'STRASSE'],
  ['\u03bb\u03cc\u03b3\u03bf\u03c2', '\u039b\u038c\u0393\u039f\u03a3'],
  ['\u017falz', 'Salz'],
  ['\ufb01n', 'FIN'],
  ['\u212a1', 'k1'],
  ['Sa\u200bles', 'Sales'],
] as const)
  test(`${one} and ${other} are twins, whose files are told apart everywhere`, () => {
    assert.equal(foldedName(one), foldedName(other));
    const files = [one, other].map((name) => foldedName(fileNamePart(name, true)));
    assert.notEqual(files[0], files[1]);
  });

for (const [one, other] of [
  ['Sales', 'Sales1'],
  ['cafe', 'caf\u00e9'],
  ['a b', 'a  b'],
  ['x\u00b2', 'x2'],
] as const)
  test(`${one} and ${other} are no twins`, () => {
    assert.notEqual(foldedName(one), foldedName(other));
  });

test('two names never share a file, as no file system tells them', () => {
  const awkward = fc.string({
    unit: fc.constantFrom(...'aA_/:.~ 0fF\ud83d\u00e9\u0301e\u200b'),
    maxLength: 5,
  });
  const fileOf = (name: string, hasTwin: boolean) => foldedName(fileNamePart(name, hasTwin));
  fc.assert(
    fc.property(awkward, awkward, (one, other) => {
      fc.pre(one !== other);
      const areTwins = foldedName(one) === foldedName(other);
      assert.notEqual(fileOf(one, areTwins), fileOf(other, areTwins));
    }),
    { numRuns: 2000 },
  );
});

test('two names never share a file', () => {
  const awkward = fc.string({ unit: fc.constantFrom(...'aA_/:.~ 0f\ud83d'), maxLength: 5 });
  fc.assert(
    fc.property(awkward, awkward, (one, other) => {
      assert.equal(fileNamePart(one) === fileNamePart(other), one === other);
    }),
    { numRuns: 2000 },
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
