import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import { maxNameLength, quoteIdentifier, quoteLiteral } from '../../../src/sql/quoting.ts';

const identifiers: [name: string, quoted: string][] = [
  ['Sales', '[Sales]'],
  ['a]b', '[a]]b]'],
  [']]', '[]]]]]'],
  ['[x', '[[x]'],
  ["it's", "[it's]"],
  ['two words', '[two words]'],
  ['Löwe 獅子', '[Löwe 獅子]'],
  ['drop]; DROP DATABASE x--', '[drop]]; DROP DATABASE x--]'],
];

for (const [name, quoted] of identifiers)
  test(`the identifier ${name} is quoted as ${quoted}`, () => {
    assert.equal(quoteIdentifier(name), quoted);
  });

const literals: [text: string, quoted: string][] = [
  ['Sales', "N'Sales'"],
  ["it's", "N'it''s'"],
  ["''", "N''''''"],
  ['a]b', "N'a]b'"],
  ['line\nbreak', "N'line\nbreak'"],
];

for (const [text, quoted] of literals)
  test(`the literal ${JSON.stringify(text)} is quoted as ${JSON.stringify(quoted)}`, () => {
    assert.equal(quoteLiteral(text), quoted);
  });

test('the longest name is taken, one more UTF-16 code unit is refused', () => {
  const longest = 'x'.repeat(maxNameLength);
  assert.equal(quoteIdentifier(longest), `[${longest}]`);
  assert.throws(() => quoteIdentifier(`${longest}x`), usage('name-too-long'));
  assert.throws(() => quoteLiteral(`${longest}x`), usage('name-too-long'));
  assert.throws(() => quoteIdentifier('😀'.repeat(65)), usage('name-too-long'));
});

test('an empty name and a NUL are refused', () => {
  assert.throws(() => quoteIdentifier(''), usage('empty-name'));
  assert.throws(() => quoteLiteral(''), usage('empty-name'));
  assert.throws(() => quoteIdentifier('a\0b'), usage('name-with-nul'));
  assert.throws(() => quoteLiteral('a\0b'), usage('name-with-nul'));
});

test('a limit of its own counts for a literal, and the error names what it is', () => {
  assert.equal(quoteLiteral('x'.repeat(200), 'a description', 200).length, 203);
  assert.throws(
    () => quoteLiteral('x'.repeat(201), 'a description', 200),
    /a description has at most 200 characters, this one has 201/,
  );
});

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: maxNameLength })
  .filter((text) => !text.includes('\0') && text.length <= maxNameLength);

test('what a server reads back from a quoted identifier is the name', () => {
  fc.assert(
    fc.property(name, (text) => {
      const inner = /^\[((?:[^\]]|\]\])*)\]$/.exec(quoteIdentifier(text))?.[1];
      assert.equal(inner?.replaceAll(']]', ']'), text);
    }),
  );
});

test('what a server reads back from a quoted literal is the text', () => {
  fc.assert(
    fc.property(name, (text) => {
      const inner = /^N'((?:[^']|'')*)'$/.exec(quoteLiteral(text))?.[1];
      assert.equal(inner?.replaceAll("''", "'"), text);
    }),
  );
});

function usage(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.kind === 'usage' && error.code === code;
}
