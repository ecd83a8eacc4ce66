import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  escapedJson,
  printable,
  printableJson,
  printableLines,
} from '../../../src/base/printable.ts';

/** Written as numbers: in an editor most of them are not seen, and some would turn this file around. */
const harmful: [what: string, code: number][] = [
  ['NUL', 0x00],
  ['escape', 0x1b],
  ['DEL', 0x7f],
  ['CSI', 0x9b],
  ['soft hyphen', 0xad],
  ['Arabic letter mark', 0x061c],
  ['zero width space', 0x200b],
  ['zero width joiner', 0x200d],
  ['right-to-left mark', 0x200f],
  ['line separator', 0x2028],
  ['paragraph separator', 0x2029],
  ['left-to-right embedding', 0x202a],
  ['right-to-left override', 0x202e],
  ['word joiner', 0x2060],
  ['left-to-right isolate', 0x2066],
  ['pop directional isolate', 0x2069],
  ['half of a pair', 0xd800],
  ['byte order mark', 0xfeff],
  ['language tag', 0xe0001],
];

suite('for a terminal', () => {
  for (const [what, code] of harmful)
    test(`${what} is a question mark, and in JSON an escape`, () => {
      const character = String.fromCodePoint(code);
      assert.equal(printable(`a${character}b`), 'a?b');
      assert.equal(printableLines(`a${character}b`), 'a?b');
      const json = printableJson({ [character]: `a${character}b` });
      assert.match(json, /^[ -~]+$/);
      assert.deepEqual(JSON.parse(json), { [character]: `a${character}b` });
    });

  test('letters of every script, marks, blanks and emoji stay', () => {
    const text = 'Zürich Продажи 売上 مبيعات वि é x\u00a0y 😀 “€”';
    assert.equal(printable(text), text);
    assert.equal(printableJson(text), JSON.stringify(text));
  });

  test('lines stay lines, whatever ended them', () => {
    assert.equal(printableLines('a\r\nb\rc\n\td'), 'a\nb\nc\n\td');
    assert.equal(printable('a\nb'), 'a?b');
  });

  test('JSON lines stay JSON lines with the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const line = escapedJson(`${JSON.stringify({ value, text })}\n`);
        assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        assert.equal(JSON.stringify(JSON.parse(line)), JSON.stringify({ value, text }));
      }),
    );
  });
});
