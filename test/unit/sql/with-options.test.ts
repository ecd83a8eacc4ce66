import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/base/errors.ts';
import { parseWithOptions } from '../../../src/sql/statement/with-options.ts';

test('what an option says is known without its comments', () => {
  const [file] = parseWithOptions('FILE /* the second */ = 2 -- of three');
  assert.equal(file?.bare.replaceAll(/\s+/g, ' '), 'FILE = 2');
});

const readings: [text: string, names: string[]][] = [
  ['COPY_ONLY', ['COPY_ONLY']],
  ['copy_only, stats = 5', ['COPY_ONLY', 'STATS']],
  ['STATS=5', ['STATS']],
  [' CHECKSUM ,\n NO_COMPRESSION ', ['CHECKSUM', 'NO_COMPRESSION']],
  ["NAME = N'a, STATS = 1'", ['NAME']],
  ["NAME = N'it''s, CHECKSUM', INIT", ['NAME', 'INIT']],
  ['MEDIANAME = "x, INIT", STATS', ['MEDIANAME', 'STATS']],
  [
    'ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = [c, STATS]), STATS',
    ['ENCRYPTION', 'STATS'],
  ],
  ['MEDIANAME = [a]], STATS], INIT', ['MEDIANAME', 'INIT']],
  ['COMPRESSION (ALGORITHM = ZSTD, LEVEL = LOW)', ['COMPRESSION']],
  ['/* STATS, */ CHECKSUM', ['CHECKSUM']],
  ['CHECKSUM /* , STATS */', ['CHECKSUM']],
  ['-- STATS, INIT\nCHECKSUM', ['CHECKSUM']],
  ['CHECKSUM /* a /* b */, STATS */, INIT', ['CHECKSUM', 'INIT']],
  ["DESCRIPTION = N'; -- /* ['", ['DESCRIPTION']],
  ["STOPATMARK = 'lsn:1' AFTER '2026-05-01', FILE = @n", ['STOPATMARK', 'FILE']],
  ['EXPIREDATE=-1.5 , NAME /* x */ = /* y */ [a b] -- z', ['EXPIREDATE', 'NAME']],
];

for (const [text, names] of readings)
  test(`${JSON.stringify(text)} sets ${names.join(' and ')}`, () => {
    assert.deepEqual(
      parseWithOptions(text).map((option) => option.name),
      names,
    );
  });

test('a comment up to the end of its line does not swallow the options behind it', () => {
  const options = parseWithOptions('CHECKSUM -- why\n, STATS = 5, INIT -- last');
  assert.deepEqual(
    options.map(({ text }) => text),
    ['CHECKSUM -- why\n', 'STATS = 5', 'INIT -- last\n'],
  );
});

const refusals: [text: string, reason: RegExp][] = [
  ["NAME = N'x", /' is not closed/],
  ['MEDIANAME = "x', /" is not closed/],
  ['ENCRYPTION (SERVER CERTIFICATE = [x)', /\[ is not closed/],
  ['CHECKSUM /* x', /\/\* is not closed/],
  ['CHECKSUM /* a /* b */', /\/\* is not closed/],
  ['ENCRYPTION (ALGORITHM = AES_256', /a parenthesis is not closed/],
  ['CHECKSUM)', /a parenthesis is closed that was never opened/],
  ['CHECKSUM)(', /a parenthesis is closed that was never opened/],
  ['CHECKSUM; DROP DATABASE x', /must not contain a semicolon/],
  ['CHECKSUM,', /an option is empty/],
  [', CHECKSUM', /an option is empty/],
  ['', /an option is empty/],
  ['-- only a comment', /does not begin with a word/],
  ['= 5', /"= 5" does not begin with a word/],
  ['WITH CHECKSUM', /the word WITH is already there/],
  ['CHECKSUM DROP DATABASE x', /CHECKSUM is followed by more than its value/],
  ["NAME = 'a' SHUTDOWN", /NAME is followed by more/],
  ['STATS = 5 SHUTDOWN', /STATS is followed by more/],
  ['ENCRYPTION (ALGORITHM = AES_256) EXEC (x)', /ENCRYPTION is followed by more/],
  ['CHECKSUM [x]', /CHECKSUM is followed by more/],
  ["CHECKSUM FROM DISK = 'x'", /CHECKSUM is followed by more/],
];

for (const [text, reason] of refusals)
  test(`${JSON.stringify(text)} is refused: ${reason.source}`, () => {
    assert.throws(
      () => parseWithOptions(text),
      (error) =>
        error instanceof Failure &&
        error.kind === 'usage' &&
        error.code === 'bad-with-options' &&
        reason.test(error.message) &&
        error.hints.length > 0,
    );
  });

const word = fc.constantFrom('STATS', 'checksum', 'NAME', 'Encryption', 'COPY_ONLY', 'Größe_1');
const content = fc
  .string()
  .filter((text) => !text.includes('*/') && !text.includes('/*') && !text.endsWith('/'));
const value = fc.oneof(
  fc.constant(''),
  fc.nat().map((number) => ` = ${number}`),
  fc.string().map((text) => ` = N'${text.replaceAll("'", "''")}'`),
  fc.string().map((text) => ` = "${text.replaceAll('"', '""')}"`),
  fc.string().map((text) => ` (KEY = [${text.replaceAll(']', ']]')}], OTHER = (1, 2))`),
  content.map((text) => ` /*${text}*/ = 1`),
);
const option = fc.tuple(word, value).map(([name, rest]) => ({ name, text: `${name}${rest}` }));

test('options written one after another are read back, whatever their values hold', () => {
  fc.assert(
    fc.property(fc.array(option, { minLength: 1, maxLength: 6 }), (options) => {
      const read = parseWithOptions(options.map(({ text }) => text).join(' , '));
      assert.deepEqual(
        read.map(({ name, text }) => ({ name, text })),
        options.map(({ name, text }) => ({ name: name.toUpperCase(), text: text.trim() })),
      );
    }),
  );
});

test('any text is read or refused, and nothing of what is read gets lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...`a,('")[]-/*;\n `), maxLength: 30 }),
      (text) => {
        try {
          const options = parseWithOptions(text);
          const joined = options.map((each) => each.text).join(',');
          assert.equal(joined.replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
        } catch (error) {
          assert.ok(error instanceof Failure, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
