import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkVerdict } from '../../../src/sql/message/check-verdict.ts';
import type { StatementOutcome } from '../../../src/sql/sql-session.ts';

type Said = readonly [number: number, severity: number];

function outcome(said: readonly Said[], rest: Partial<StatementOutcome> = {}): StatementOutcome {
  const messages = said.map(([number, severity]) => ({
    number,
    severity,
    state: 1,
    text: `${number}`,
  }));
  const ok = !messages.some(({ severity }) => severity > 10);
  return { ok, messages, connectionLost: false, ...rest };
}

suite('a DBCC CHECK', () => {
  const cases: [string, readonly Said[], string, number | undefined][] = [
    ['that says nothing is clean', [], 'clean', undefined],
    ['that only informs is clean', [[8989, 10]], 'clean', undefined],
    [
      'without a snapshot goes on under locks',
      [
        [1823, 16],
        [5120, 16],
        [7928, 16],
      ],
      'clean',
      undefined,
    ],
    [
      'without room for a snapshot, too',
      [
        [5128, 17],
        [1823, 16],
        [7928, 16],
      ],
      'clean',
      undefined,
    ],
    [
      'without a snapshot and a lock is given up',
      [
        [1823, 16],
        [7928, 16],
        [5030, 16],
        [7926, 16],
        [5106, 17],
      ],
      'given-up',
      7926,
    ],
    [
      'whose snapshot grew too large is given up, whatever it reported',
      [
        [8989, 10],
        [926, 21],
      ],
      'given-up',
      926,
    ],
    ['whose snapshot is lost without a word of going on, too', [[5128, 17]], 'given-up', 5128],
    ['without memory was not made', [[701, 17]], 'not-made', 701],
    [
      'without room in tempdb was not made',
      [
        [1105, 17],
        [8921, 16],
      ],
      'not-made',
      1105,
    ],
    ['that lost a deadlock over one table was not made', [[5231, 16]], 'not-made', 5231],
    ['with a limit nobody listed here was not made', [[1204, 19]], 'not-made', 1204],
    ['that finds damage is inconsistent', [[8928, 16]], 'inconsistent', undefined],
    [
      'that finds damage under locks is inconsistent',
      [
        [1823, 16],
        [7928, 16],
        [8939, 16],
      ],
      'inconsistent',
      undefined,
    ],
    [
      'that finds damage and ends early is inconsistent',
      [
        [8946, 16],
        [8921, 16],
      ],
      'inconsistent',
      undefined,
    ],
    ['that cannot read a page is inconsistent', [[824, 24]], 'inconsistent', undefined],
    ['with an error nobody knows is inconsistent', [[59_999, 16]], 'inconsistent', undefined],
  ];
  for (const [title, said, kind, reason] of cases)
    test(title, () => {
      const verdict = checkVerdict(outcome(said));
      assert.deepEqual([verdict.kind, verdict.reason?.number], [kind, reason]);
    });

  test('tells findings from notes', () => {
    const { findings, notes } = checkVerdict(
      outcome([
        [1823, 16],
        [7928, 16],
        [8939, 16],
      ]),
    );
    assert.deepEqual(
      [findings.map(({ number }) => number), notes.map(({ number }) => number)],
      [[8939], [1823, 7928]],
    );
  });

  test('whose connection is lost was not made, or nothing is known', () => {
    const lost = { ok: false, connectionLost: true };
    assert.equal(checkVerdict(outcome([], lost)).kind, 'unknown');
    assert.equal(
      checkVerdict(
        outcome(
          [
            [1823, 16],
            [7928, 16],
          ],
          lost,
        ),
      ).kind,
      'not-made',
    );
    assert.equal(checkVerdict(outcome([[824, 24]], lost)).kind, 'inconsistent');
  });
});
