import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/errors.js';
import { type ChainLink, orderChain } from '../../../src/job/sets/restore-chain.js';
import type { MtfSet } from '../../../src/mtf/facts.js';

function link(
  name: string,
  type: string,
  first: number,
  last: number,
  more: MtfSet = {},
): ChainLink {
  const lsns = { firstLsn: String(first), lastLsn: String(last) };
  return { name, facts: { database: 'Sales', type, ...lsns, ...more } };
}

// The shape of a real chain (SQL Server 2016): the first log begins before the full backup does.
const full = link('full', 'D', 488, 518, {
  backupSetId: 'F',
  checkpointLsn: '488',
  finished: '2019-05-02T21:00:55',
});
const log1 = link('log1', 'L', 474, 541, { finished: '2019-05-02T21:05:55' });
const log2 = link('log2', 'L', 541, 571, { finished: '2019-05-02T21:10:56' });
const diff = link('diff', 'I', 595, 598, {
  differentialBaseId: 'F',
  differentialBaseLsn: '488',
  finished: '2019-05-02T21:15:56',
});
const log3 = link('log3', 'L', 571, 700, { finished: '2019-05-02T21:20:00' });
const log4 = link('log4', 'L', 700, 800, { finished: '2019-05-02T21:25:00' });

const cases: [string, ChainLink[], string | undefined, string, string][] = [
  ['one backup, whatever it is', [{ name: 'x', facts: undefined }], undefined, 'x', ''],
  ['full and logs in any order', [log2, full, log1], undefined, 'full log1 log2', ''],
  [
    'a differential before the logs it does not cover',
    [log4, diff, log3, full],
    undefined,
    'full diff log3 log4',
    '',
  ],
  [
    'a differential instead of the logs it covers',
    [log1, log2, diff, full, log3],
    undefined,
    'full diff log3',
    'log1 log2',
  ],
  [
    'the latest of several differentials',
    [diff, link('old', 'I', 520, 530, { differentialBaseId: 'F' }), full],
    undefined,
    'full diff',
    'old',
  ],
  ['logs alone, to continue', [log2, log1], undefined, 'log1 log2', ''],
  ['a differential and logs, to continue', [log3, diff], undefined, 'diff log3', ''],
  [
    'up to a point in time: no differential after it, no log behind it',
    [log4, log3, diff, log2, log1, full],
    '2019-05-02T21:07:00',
    'full log1 log2',
    'log4 log3 diff',
  ],
  [
    'a point at the very end of the full backup',
    [full, log1],
    '2019-05-02T21:00:55',
    'full log1',
    '',
  ],
  [
    'a full backup known by LSN only',
    [
      link('f', 'D', 488, 518, { checkpointLsn: '488' }),
      link('d', 'I', 595, 598, { differentialBaseLsn: '488' }),
    ],
    undefined,
    'f d',
    '',
  ],
];

suite('a chain orders', () => {
  for (const [title, links, stopAt, steps, skipped] of cases)
    test(title, () => {
      const chain = orderChain(links, stopAt);
      const words = (some: readonly ChainLink[]) => some.map(({ name }) => name).join(' ');
      assert.deepEqual([words(chain.steps), words(chain.skipped)], [steps, skipped]);
    });

  test('LSNs beyond the numbers of JavaScript', () => {
    const big = (name: string, first: string, last: string): ChainLink => ({
      name,
      facts: { type: 'L', firstLsn: first, lastLsn: last },
    });
    const a = big('a', '39000000047400001', '39000000054100001');
    const b = big('b', '39000000054100001', '39000000054100002');
    assert.deepEqual(orderChain([b, a]).steps, [a, b]);
  });
});

const lateFull = { ...full, facts: { ...full.facts, started: '2019-05-02T21:00:50' } };
const { finished: _, ...endless } = { ...lateFull.facts };

const refused: [string, ChainLink[], string, RegExp, string?][] = [
  [
    'a full backup that ended after the point to stop at, although it was begun before',
    [lateFull, log1],
    'stop-at-too-early',
    /full ended at 2019-05-02T21:00:55, which is after the point to stop at/,
    '2019-05-02T21:00:54.999',
  ],
  [
    'a full backup that was begun after it and does not say when it ended',
    [{ ...full, facts: endless }, log1],
    'stop-at-too-early',
    /full was begun at 2019-05-02T21:00:50/,
    '2019-05-02T21:00:49',
  ],
  [
    'a gap, by its ends',
    [full, log1, log3],
    'chain-gap',
    /541 \(end of log1\) to 571 \(begin of log3\)/,
  ],
  ['a gap behind the full backup', [full, log2], 'chain-gap', /518 \(end of full\)/],
  [
    'a differential of another full backup',
    [full, { ...diff, facts: { ...diff.facts, differentialBaseId: 'G' } }],
    'chain-gap',
    /another full backup than full/,
  ],
  ['two full backups', [full, full, log1], 'chain-two-fulls', /full, full/],
  [
    'two databases',
    [full, { ...log1, facts: { ...log1.facts, database: 'HR' } }],
    'chain-mixed',
    /log1 of HR/,
  ],
  [
    'a backup that does not say where it belongs',
    [full, { name: 'x', facts: undefined }],
    'chain-unknown',
    /x/,
  ],
  ['a file backup among others', [full, link('f', 'F', 1, 2)], 'chain-unknown', /f belongs/],
];

suite('a chain refuses', () => {
  for (const [title, links, code, words, stopAt] of refused)
    test(title, () => {
      const isIt = (error: unknown) =>
        error instanceof Failure &&
        error.kind === 'usage' &&
        error.code === code &&
        words.test(error.message);
      assert.throws(() => orderChain(links, stopAt), isIt);
    });
});
