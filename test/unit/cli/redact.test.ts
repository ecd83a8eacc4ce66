import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printableJson } from '../../../src/base/printable.ts';
import { Redactor } from '../../../src/cli/secrets/redact.ts';

function redactor(...secrets: string[]): Redactor {
  const made = new Redactor();
  for (const secret of secrets) made.add(secret);
  return made;
}

test('a secret is replaced wherever it occurs, also inside a word', () => {
  assert.equal(redactor('s3cret').scrub('xs3cretx s3cret'), 'x***x ***');
});

test('a secret is replaced in the spellings of JSON, URLs, T-SQL and connection strings', () => {
  const secret = `p'a"s\\s }wörd`;
  const spellings = [
    secret,
    JSON.stringify(secret),
    JSON.stringify(JSON.stringify(secret)),
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase(),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    new URLSearchParams({ p: secret }).toString(),
    `N'${secret.replaceAll("'", "''")}'`,
    `"${secret.replaceAll('"', '""')}"`,
    `{${secret.replaceAll('}', '}}')}}`,
  ];
  for (const spelling of spellings) {
    assert.doesNotMatch(redactor(secret).scrub(spelling), /wörd|w%c3%b6rd/i, spelling);
  }
});

test('a short secret is replaced only where it stands alone', () => {
  const short = redactor('sa');
  assert.equal(
    short.scrub("Sales same Login failed for 'sa'"),
    "Sales same Login failed for '***'",
  );
  assert.equal(redactor('*').scrub('a * b'), 'a *** b');
});

test('nothing registered changes nothing', () => {
  const none = redactor('');
  none.add(undefined);
  assert.equal(none.scrub('as it is'), 'as it is');
});

test('of two secrets the longer one is taken first', () => {
  assert.equal(redactor('abcd', 'abcdefgh').scrub('abcdefgh'), '***');
});

const secrets = fc.string({ unit: 'binary', minLength: 4, maxLength: 20 });
const anyText = fc.string({ unit: 'binary' });

test('no text holds a secret of four or more characters after scrubbing', () => {
  fc.assert(
    fc.property(secrets, anyText, anyText, (secret, before, after) => {
      const scrubbed = redactor(secret).scrub(before + secret + after);
      assert.ok(!scrubbed.includes(secret));
    }),
  );
});

test('a secret made of masks cannot be put together by masking', () => {
  const mask = fc.constantFrom('*', '**', '***', 'x', 'x***', '***x');
  fc.assert(
    fc.property(fc.array(mask, { minLength: 4 }), fc.array(mask), (parts, rest) => {
      const secret = parts.join('');
      const scrubbed = redactor(secret).scrub(rest.join('') + secret + secret + rest.join(''));
      assert.ok(!scrubbed.includes(secret));
    }),
  );
});

test('JSON stays JSON, and no string in it holds a secret', () => {
  fc.assert(
    fc.property(secrets, anyText, (secret, text) => {
      const scrubbed = redactor(secret).scrubValue({
        event: 'x',
        n: 1234,
        list: [text + secret],
        deep: { text: secret },
      });
      const written = printableJson(scrubbed);
      const { list, deep, n } = JSON.parse(written);
      assert.equal(n, 1234);
      assert.ok(![...list, deep.text].some((value: string) => value.includes(secret)));
    }),
  );
});
