import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { judge, parseExpectation } from '../../../src/job/drill/drill-expectation.ts';
import { shownValue } from '../../../src/job/drill/drill-operand.ts';
import { parseDrillScript } from '../../../src/job/drill/drill-script.ts';

const truths: [string, unknown, boolean][] = [
  ['> 1000', 1001, true],
  ['> 1000', 1000, false],
  ['>= 1000', 1000, true],
  ['< 2', 1.5, true],
  ['<= 2', '2', true],
  ['= 42', 42n, true],
  ['42', '42', true],
  ['42', '42.0', true],
  ['> 9007199254740992', '9007199254740993', true],
  ['<> 42', 42, false],
  ['!= 42', 41, true],
  ['= 1', true, true],
  ["= 'it''s'", "it's", true],
  ["= N'x'", 'x', true],
  ['= Sales', 'sales', false],
  ['between 1 and 9', 9, true],
  ['BETWEEN 1 AND 9', 10, false],
  ['null', null, true],
  ['is null', 0, false],
  ['not null', '', true],
  ['is not null', null, false],
  ['> 1', null, false],
  ['<> 1', null, false],
  ['>= 2026-03-01', new Date('2026-03-01T00:00:00Z'), true],
  ['> 2026-03-01 12:00:00', new Date('2026-03-01T12:00:01Z'), true],
  ['> 2026-03-01T12:00:00', new Date('2026-03-01T11:59:59Z'), false],
  ['> 2026-03-01 12:00:00 +02:00', new Date('2026-03-01T10:00:01Z'), true],
  ['> 2026-02-28', '2026-03-01', true],
  ['= true', true, true],
  ['= 1', false, false],
  ['= false', false, true],
  ['<> TRUE', false, true],
  ["<> 'pending'", 'done', true],
  ["<> 'pending'", '42', true],
  ['= 0x0a', Uint8Array.of(10), true],
  ['= 1e3', 1000, true],
  ['between 2 and 10', '9', true],
];

suite('an expectation', () => {
  for (const [words, value, held] of truths)
    test(`${words} of ${shownValue(value)} ${held ? 'holds' : 'does not hold'}`, () =>
      assert.equal(judge(parseExpectation(words), value), held ? 'holds' : 'wrong'));

  const strangers: [string, unknown][] = [
    ['> 5', 'x'],
    ['< 5', 'x'],
    ['<> 5', 'x'],
    ['= 5', 'x'],
    ['<> foo', new Date()],
    ['<> foo', 5],
    ['<> 5', new Date()],
    ['<> foo', true],
    ['> 2026-03-01', 5],
    ['> 2026-03-01', 'x'],
    ['> 20260301', new Date()],
    ['<> 2026-03-01', new Date(Number.NaN)],
    ['between 1 and 9', 'x'],
  ];
  for (const [words, value] of strangers)
    test(`${words} is not comparable with ${typeof value} ${String(value)}`, () =>
      assert.equal(judge(parseExpectation(words), value), 'not-comparable'));

  for (const words of [
    '> 1,000',
    '> 1000 rows',
    '> 1000;',
    '> "1000"',
    '< ten',
    '>= nonsense',
    "> ''",
    '<= 0x10',
    '> 2026-13-01',
    'between 1 and ten',
  ])
    test(`'${words}' is refused, as text has no order`, () =>
      assert.throws(() => parseExpectation(words), /neither a number nor a date/));

  for (const words of ['', '  ', '>', '= '])
    test(`'${words}' is refused`, () => {
      const isIt = (error: unknown) => error instanceof Failure && error.kind === 'usage';
      assert.throws(() => parseExpectation(words), isIt);
    });
});

suite('a file of assertions', () => {
  test('is queries separated by GO, each with its expectation', () => {
    const text = `-- name: enough orders
-- expect: > 1000
SELECT COUNT(*)
FROM Orders -- all of them
GO
--expect:not null
SELECT MAX(Placed) FROM Orders
go ;

GO
`;
    const found = parseDrillScript(text, 'a.sql').map(({ name, query, expected }) => [
      name,
      query,
      expected,
    ]);
    assert.deepEqual(found, [
      ['enough orders', 'SELECT COUNT(*)\nFROM Orders -- all of them', '> 1000'],
      ['SELECT MAX(Placed) FROM Orders', 'SELECT MAX(Placed) FROM Orders', 'not null'],
    ]);
  });

  test('ends a query also at a GO with a comment, and reads line ends of Windows', () => {
    const text =
      '-- expect: 1\r\nSELECT 1\r\ngo -- of the first\r\n-- expect: 2\r\nSELECT 2\r\nGO;--x';
    const found = parseDrillScript(text, 'a.sql').map(({ query, expected }) => [query, expected]);
    assert.deepEqual(found, [
      ['SELECT 1', '1'],
      ['SELECT 2', '2'],
    ]);
  });

  test('takes a name that is blank for none', () => {
    const text = '-- name:\n-- expect: 1\nSELECT 1\nGO\n-- name: \nSELECT 2\n-- expect: 2';
    const found = parseDrillScript(text, 'a.sql').map(({ name, query }) => [name, query]);
    assert.deepEqual(found, [
      ['SELECT 1', 'SELECT 1'],
      ['SELECT 2', 'SELECT 2'],
    ]);
  });

  for (const [text, reason] of [
    ['SELECT 1', /assertion 1: it does not say what to expect/],
    ['-- expect: 1\nSELECT 1\nGO\n-- expect: 2', /assertion 2: there is no query/],
    [
      '-- expect: 1\nSELECT 1\n\n-- expect: 2\nSELECT 2',
      /assertion 1: line 4 is a second '-- expect', with no GO before it/,
    ],
    [
      '-- expect: 1\nSELECT 1\nGO\n-- name: a\n-- name: b\n-- expect: 1\nSELECT 1',
      /assertion 2: line 5 is a second '-- name'/,
    ],
    ['', /a\.sql holds no assertion/],
    ['\nGO\n\n', /a\.sql holds no assertion/],
    ['-- expect:\n1', /assertion 1: '' is nothing to expect/],
    ['-- expect: >\nSELECT 1', /assertion 1: '>' is nothing to expect/],
  ] as const)
    test(`is refused with the place of its mistake: ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseDrillScript(text, 'a.sql'), reason));
});
