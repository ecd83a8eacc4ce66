import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { exitCodes, kindOf } from '../../../src/base/failure-codes.ts';
import { checkVerdict } from '../../../src/sql/message/check-verdict.ts';
import { damageNotice } from '../../../src/sql/message/damage-notice.ts';
import type { Direction } from '../../../src/sql/message/explanation.ts';
import { fromTable, messageRows } from '../../../src/sql/message/message-table.ts';

const vector = join(import.meta.dirname, '../../../../test/vectors/messages.tsv');
const [head, ...lines] = readFileSync(vector, 'utf8')
  .trimEnd()
  .split('\n')
  .filter((line) => !line.startsWith('#'));

interface Listed {
  readonly numbers: readonly number[];
  readonly severity: number;
  readonly statements: readonly string[];
  readonly reachable: string;
}

const listed: readonly Listed[] = lines.map((line) => {
  const [numbers = '', severity = '', statements = '', reachable = ''] = line.split('\t');
  const [first = 0, last = first] = numbers.split('-').map(Number);
  return {
    numbers: Array.from({ length: last - first + 1 }, (_, index) => first + index),
    severity: Number(severity),
    statements: statements.split(' '),
    reachable,
  };
});

const keys = (rows: readonly { numbers: readonly number[]; statements: readonly string[] }[]) =>
  rows.flatMap(({ numbers, statements }) =>
    numbers.flatMap((number) => statements.map((statement) => `${number} ${statement}`)),
  );
const reachable = keys(listed.filter((row) => row.reachable === 'yes'));
const explained = keys(
  messageRows.map(([numbers, directions]) => ({ numbers, statements: directions })),
);
const pairs = explained.map((key) => {
  const [number, direction] = key.split(' ');
  return { key, number: Number(number), direction: direction as Direction };
});

suite('the messages of SQL Server and the table of explanations', () => {
  test('the vector has six columns, no number twice, and says of each whether it is reachable', () => {
    assert.equal(head, 'number\tseverity\tstatement\treachable\tsource\tmeaning');
    assert.deepEqual(
      lines.filter((line) => line.split('\t').length !== 6 || line.includes('\t\t')),
      [],
    );
    assert.deepEqual(twice(listed.flatMap(({ numbers }) => numbers)), []);
    for (const { numbers, reachable: says } of listed)
      assert.match(says, /^(?:yes|no: .+|notice|finding|refusal)$/, String(numbers[0]));
  });

  test('every reachable number has a row for each run that can hear it', () => {
    const known = new Set(explained);
    assert.deepEqual(
      reachable.filter((key) => !known.has(key)),
      [],
    );
  });

  test('every row is for a number and a run of the vector, and none stands there twice', () => {
    const known = new Set(reachable);
    assert.deepEqual(
      explained.filter((key) => !known.has(key)),
      [],
    );
    assert.deepEqual(twice(explained), []);
  });

  test('whatever the run and the server, there is an exit code, a name and advice', () => {
    const servers = [undefined, ...[10, 13, 17].map((productMajor) => ({ productMajor }))];
    for (const { key, number, direction } of pairs)
      for (const server of servers) {
        const found = fromTable(number, { direction, server });
        assert.ok(found && exitCodes[kindOf(found.code)] > 1, key);
        assert.match(found.code, /^[a-z]+(?:-[a-z]+)*$/, key);
        assert.notDeepEqual(found.hints, [], key);
        for (const hint of found.hints) assert.match(hint, /^\S.*[\w.?:)']$/s, key);
      }
  });

  test('no advice is to look at the error log alone', () => {
    const idle = pairs.filter(({ number, direction }) =>
      fromTable(number, { direction })?.hints.every((hint) => /^Look at .*error log/.test(hint)),
    );
    assert.deepEqual(idle, []);
  });

  test('a drill is not told to replace its database, to go on with it or to take a backup', () => {
    assert.deepEqual(
      said('drill', /--replace|--norecovery|--standby|--type |RESTORE DATABASE …/),
      [],
    );
  });

  test('a restore is not told to take a backup in another way, nor a backup how to restore', () => {
    assert.deepEqual(said('restore', /--compress|--type (?:full|copy|diff)/), []);
    assert.deepEqual(said('backup', /--replace|--data-dir|--log-dir|--move|--stop-at/), []);
  });

  test('notices are those that a run warns of when it succeeds', () => {
    const numbers = listed.flatMap((row) => row.numbers);
    const notices = listed.filter((row) => row.reachable === 'notice');
    assert.deepEqual(
      numbers.filter((number) => damageNotice({ number })),
      notices.flatMap((row) => row.numbers),
    );
  });

  test('what CHECKDB says is of the database or is not, as the vector has it', () => {
    for (const { numbers, severity, statements, reachable: says } of listed)
      if (statements.includes('checkdb'))
        for (const number of numbers) {
          const messages = [{ number, severity, state: 1, text: 'x' }];
          const { kind } = checkVerdict({ ok: severity < 11, messages, connectionLost: false });
          assert.equal(kind === 'inconsistent', says === 'finding', String(number));
        }
  });
});

/** The numbers whose advice for a run has words that match. */
function said(of: Direction, words: RegExp): string[] {
  const matching = pairs.filter(
    ({ number, direction }) =>
      direction === of && words.test(fromTable(number, { direction })?.hints.join(' ') ?? ''),
  );
  return matching.map(({ key }) => key);
}

function twice<T>(values: readonly T[]): T[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
