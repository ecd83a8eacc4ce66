import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SqlError } from '../../standin/sql-error.ts';
import { tokenize } from '../../standin/tokenizer.ts';

const shapes = (source: string) =>
  tokenize(source)
    .filter(({ kind }) => kind !== 'end')
    .map(({ kind, text }) => `${kind}:${text}`);

test('words, names, strings, numbers, variables and symbols are told apart', () => {
  assert.deepEqual(shapes("SELECT [a]]b], N'it''s', 'x', 12.5, 0xFF, @p, @@VERSION <> \"q\""), [
    'word:SELECT',
    'name:a]b',
    'symbol:,',
    "string:it's",
    'symbol:,',
    'string:x',
    'symbol:,',
    'number:12.5',
    'symbol:,',
    'binary:0xFF',
    'symbol:,',
    'variable:@p',
    'symbol:,',
    'variable:@@VERSION',
    'symbol:<>',
    'name:q',
  ]);
});

test('comments vanish, nested ones included, and lines are counted', () => {
  const tokens = tokenize('-- one\n/* two /* three */ still */ SELECT\n1');
  assert.deepEqual(
    tokens.map(({ text, line }) => [text, line]),
    [
      ['SELECT', 2],
      ['1', 3],
      ['', 3],
    ],
  );
});

test('what cannot be a token is an error with the number of SQL Server', () => {
  const numbers = ["SELECT 'open", 'SELECT /* open', 'SELECT ?'].map((source) => {
    try {
      tokenize(source);
      return 'no error';
    } catch (error) {
      return error instanceof SqlError ? error.number : error;
    }
  });
  assert.deepEqual(numbers, [105, 113, 102]);
});
