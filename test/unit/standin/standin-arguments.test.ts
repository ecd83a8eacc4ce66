import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStandinArguments } from '../../standin/standin-arguments.ts';

test('databases come from files and from the generator', () => {
  const { port, databases, login, tls } = parseStandinArguments([
    '--port',
    '1433',
    '--password',
    'X',
    '--database',
    `Real=${import.meta.filename}`,
    '--database',
    'Big=generate:1GiB:3',
  ]);
  assert.equal(port, 1433);
  assert.deepEqual(login, { user: 'sa', password: 'X' });
  assert.equal(tls, 'supported');
  assert.deepEqual(
    databases.map(({ name, streams }) => [name, streams]),
    [
      ['Real', { kind: 'file', path: import.meta.filename }],
      ['Big', { kind: 'generate', bytes: 2 ** 30, ratio: 3 }],
    ],
  );
});

test('nonsense is named', () => {
  const nonsense: [string[], RegExp][] = [
    [['--tls', 'maybe'], /--tls: maybe/],
    [['--port', 'x'], /--port: x/],
    [['--database', 'x'], /x is not NAME=SOURCE/],
    [['--database', 'x=/nowhere.bak'], /no file .*nowhere\.bak/],
    [['--database', 'x=generate:much'], /much is not a size/],
  ];
  for (const [args, message] of nonsense) {
    assert.throws(() => parseStandinArguments(args), message);
  }
});
