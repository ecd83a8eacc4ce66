import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import {
  type ChainLink,
  orderChain,
  type SkippedLink,
} from '../../../src/job/sets/restore-chain.ts';
import type { BackupSet } from '../../../src/mtf/backup-set.ts';

function link(
  name: string,
  type: string,
  first: number,
  last: number,
  more: BackupSet = {},
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
function between(started: string, finished: string): BackupSet {
  return { started: `2019-05-02T${started}`, finished: `2019-05-02T${finished}` };
}

const log1 = link('log1', 'L', 474, 541, { ...between('21:05:55', '21:05:55') });
const log2 = link('log2', 'L', 541, 571, { ...between('21:10:54', '21:10:56') });
const diff = link('diff', 'I', 595, 598, {
  differentialBaseId: 'F',
  differentialBaseLsn: '488',
  finished: '2019-05-02T21:15:56',
});
const log3 = link('log3', 'L', 571, 700, { ...between('21:19:50', '21:20:00') });
const log4 = link('log4', 'L', 700, 800, { ...between('21:24:55', '21:25:00') });

/** `of` without the time when it began. */
function timeless(of: ChainLink): ChainLink {
  const { started: _, ...facts } = of.facts ?? {};
  return { ...of, facts };
}

const words = (some: readonly ChainLink[]) => some.map(({ name }) => name).join(' ');
const wordsOfSkipped = (some: readonly SkippedLink<ChainLink>[]) =>
  words(some.map((skipped) => skipped.link));

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
    'up to a point in time: no differential after it, no log after the first that began at it',
    [log4, log3, diff, log2, log1, full],
    '2019-05-02T21:07:00',
    'full log1 log2',
    'log4 log3 diff',
  ],
  [
    'a log that began before the point and ended after it does not hold all up to the point',
    [full, log1, log2, log3, log4],
    '2019-05-02T21:10:55',
    'full log1 log2 log3',
    'log4',
  ],
  [
    'a log that does not say when it began leaves nothing out',
    [full, log1, timeless(log2), log3, log4],
    '2019-05-02T21:10:00',
    'full log1 log2 log3',
    'log4',
  ],
  [
    'logs across a differential of another full backup',
    [full, log1, { ...diff, facts: { ...diff.facts, differentialBaseId: 'G' } }, log2],
    undefined,
    'full log1 log2',
    'diff',
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
      const chain = orderChain(links, { stopAt });
      assert.deepEqual([words(chain.steps), wordsOfSkipped(chain.skipped)], [steps, skipped]);
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
      assert.throws(() => orderChain(links, { stopAt }), isIt);
    });
});

/** A backup of family 1 on fork `fork`; `from` names the fork it left, and where. */
function forked(
  name: string,
  type: string,
  [first, last]: [number, number],
  started: string,
  fork: string,
  from: { parent?: string; point?: number } & BackupSet = {},
): ChainLink {
  const { parent, point, ...more } = from;
  return link(name, type, first, last, {
    familyId: 'FAMILY',
    server: 'SQL1',
    started: `2026-05-01T${started}`,
    recoveryForkId: fork,
    firstRecoveryForkId: parent ?? fork,
    ...(point !== undefined && { forkPointLsn: String(point) }),
    ...(type === 'D' && { backupSetId: 'F', checkpointLsn: String(first) }),
    ...(type === 'I' && { differentialBaseId: 'F', differentialBaseLsn: '90' }),
    ...more,
  });
}

// Restored at LSN 250 to a point in time; the log backup of 200 to 300 was taken before.
const base = forked('F', 'D', [90, 100], '10:00', 'A');
const before = forked('L1', 'L', [90, 200], '10:30', 'A');
const dead = forked('dead', 'L', [200, 300], '11:00', 'A');
const fresh = forked('L3', 'L', [200, 320], '12:00', 'B', { parent: 'A', point: 250 });
const after = forked('L4', 'L', [320, 400], '12:30', 'B', { parent: 'A', point: 250 });

suite('a chain with several recovery forks', () => {
  const order = (links: readonly ChainLink[], fork?: string) => {
    const chain = orderChain(links, { fork });
    const skipped = chain.skipped.map((one) => `${one.link.name} ${one.reason}`);
    return [words(chain.steps), skipped.join()];
  };
  const isForked = (error: unknown) =>
    error instanceof Failure && error.kind === 'usage' && error.code === 'chain-forked';

  test('leaves out what was logged after the point on the fork that was given up', () => {
    const all = [after, fresh, dead, before, base];
    assert.deepEqual(order(all), ['F L1 L3 L4', 'dead other-fork']);
  });

  test('leaves out a dead log that reaches further than the new fork does', () => {
    const longer = forked('dead', 'L', [200, 350], '11:00', 'A');
    assert.deepEqual(order([base, before, longer, fresh, after]), [
      'F L1 L3 L4',
      'dead other-fork',
    ]);
  });

  test('takes the differential of the newest fork, although that of the dead one reaches further', () => {
    const diffDead = forked('D_dead', 'I', [290, 310], '11:30', 'A');
    const diffNew = forked('D_new', 'I', [260, 270], '15:00', 'B', { parent: 'A', point: 250 });
    assert.deepEqual(order([base, diffDead, diffNew]), ['F D_new', 'D_dead other-fork']);
  });

  test('restores the dead fork when it is asked for', () => {
    assert.deepEqual(order([base, before, dead, fresh], 'A'), ['F L1 dead', 'L3 other-fork']);
    assert.deepEqual(order([base, before, dead, fresh], 'b'), ['F L1 L3', 'dead other-fork']);
  });

  test('refuses a fork that no backup is of', () => {
    assert.throws(
      () => order([base, before], 'C'),
      (error) => error instanceof Failure && error.code === 'unknown-fork',
    );
  });

  test('refuses two forks that went on side by side: a copy on another server', () => {
    const alive = forked('alive', 'L', [300, 330], '12:10', 'A', { server: 'SQL2' });
    assert.throws(
      () => order([base, before, dead, alive, fresh, after]),
      (error) => {
        assert.ok(isForked(error));
        assert.match(String(error), /A \(\[Sales\] on SQL1, .*dead, alive\) and B \(\[Sales\]/);
        return true;
      },
    );
  });

  test('refuses a copy under another name, although it began later', () => {
    const copy = forked('copy', 'L', [200, 320], '12:00', 'B', {
      parent: 'A',
      point: 250,
      database: 'Test',
    });
    assert.throws(() => order([base, before, dead, copy]), isForked);
  });

  test('calls no fork dead whose backups do not say when they began', () => {
    assert.throws(() => order([base, before, timeless(dead), fresh]), isForked);
  });

  test('compares the times of servers in different zones', () => {
    // 12:30 in Berlin is 10:30 UTC, before 12:00 UTC.
    const east = forked('east', 'L', [200, 300], '12:30', 'A', { timeZoneMinutes: 120 });
    assert.deepEqual(order([base, before, east, fresh]), ['F L1 L3', 'east other-fork']);
  });

  test('a circle of forks in forged headers ends', () => {
    const round = forked('round', 'L', [100, 200], '10:10', 'A', { parent: 'B', point: 150 });
    orderChain([round, fresh]);
  });
});

suite('a database that was renamed', () => {
  const renamed = forked('L2', 'L', [200, 300], '11:00', 'A', { database: 'Vertrieb' });

  test('is one chain, and the names are told', () => {
    const chain = orderChain([base, before, renamed]);
    assert.equal(words(chain.steps), 'F L1 L2');
    assert.deepEqual(chain.renamed, ['Sales', 'Vertrieb']);
  });

  test('is another database where the family is another', () => {
    const other = { ...renamed, facts: { ...renamed.facts, familyId: 'OTHER' } };
    assert.throws(
      () => orderChain([base, before, other]),
      (error) => error instanceof Failure && error.code === 'chain-mixed',
    );
  });
});
