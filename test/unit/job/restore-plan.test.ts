import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import type { FileMove, RestoreRequest } from '../../../src/job/request/restore-request.ts';
import { checkWishes, planSteps } from '../../../src/job/restore/restore-plan.ts';
import type { RestoreSet } from '../../../src/job/sets/restore-sets.ts';
import type { ListedFile } from '../../../src/sql/facts/file-list.ts';

const file = (logicalName: string): ListedFile => {
  return { logicalName, physicalName: `D:\\${logicalName}.ndf`, kind: 'data', size: 1 };
};

function set(type: string, ...names: readonly string[]): RestoreSet {
  const sizes = { blockSize: undefined, transferSize: undefined, rawBytes: undefined };
  const [facts, files] = [{ type }, names.map(file)];
  return { name: type, facts, backups: [], files, sets: [], ...sizes };
}

/** The file `new` came after the full backup, `newer` after the first log. */
const steps = [set('D', 'a'), set('L', 'a', 'new'), set('L', 'a', 'new', 'newer')];

function moved(...moves: readonly FileMove[]): string[][] {
  const request = { database: 'Copy', moves, end: { kind: 'recovery' } } as unknown;
  const places = { dataFolder: '/data/', logFolder: '/log/', placed: [] };
  const chain = { steps, skipped: [] };
  const plan = planSteps(chain, steps[0]?.files ?? [], places, request as RestoreRequest);
  return plan.map(({ input }) => (input.moves ?? []).map(({ path }) => path));
}

test('a file that a later backup brings is placed there, each once', () => {
  const wanted = [['/data/Copy_a.ndf'], ['/data/Copy_new.ndf'], ['/data/Copy_newer.ndf']];
  assert.deepEqual(moved(), wanted);
});

test('--move of such a file waits for its backup', () => {
  const wishes = [
    { logicalName: 'Newer', path: '/x/3' },
    { logicalName: 'a', path: '/x/1' },
    { logicalName: 'new', path: '/x/2' },
  ];
  assert.deepEqual(moved(...wishes), [['/x/1'], ['/x/2'], ['/x/3']]);
  assert.throws(
    () => moved({ logicalName: 'none', path: '/x' }),
    (error) => error instanceof Failure && error.code === 'move-unknown-file',
  );
});

const chain = { steps, skipped: [] };

function words(options: string, kind: string, some = chain): (string | undefined)[] {
  const request = { database: 'Copy', moves: [], end: { kind }, with: options } as unknown;
  checkWishes(some, request as RestoreRequest);
  const places = { dataFolder: '/data/', logFolder: '/log/', placed: [] };
  return planSteps(some, [], places, request as RestoreRequest).map(({ input }) => input.with);
}

const recovering = [
  'KEEP_CDC',
  'keep_replication',
  'ENABLE_BROKER',
  'ERROR_BROKER_CONVERSATIONS',
  'NEW_BROKER',
  'RESTRICTED_USER',
];
for (const word of recovering)
  test(`--with ${word} is said by the restore that recovers the database`, () => {
    const rest = 'MAXTRANSFERSIZE = 65536';
    assert.deepEqual(words(`${word}, ${rest}`, 'recovery'), [rest, rest, `${word}, ${rest}`]);
    assert.deepEqual(words(word, 'standby'), [undefined, undefined, word]);
    assert.throws(
      () => words(word, 'norecovery'),
      (error) => error instanceof Failure && error.code === 'option-without-recovery',
    );
  });

test('--with PARTIAL is said by the first restore', () =>
  assert.deepEqual(words("PARTIAL, PASSWORD = N'a, b' -- c", 'norecovery'), [
    "PARTIAL, PASSWORD = N'a, b' -- c",
    "PASSWORD = N'a, b' -- c\n",
    "PASSWORD = N'a, b' -- c\n",
  ]));

test('--with of one backup is said as it is written', () =>
  assert.deepEqual(
    words('KEEP_CDC,PARTIAL', 'recovery', { steps: steps.slice(0, 1), skipped: [] }),
    ['KEEP_CDC,PARTIAL'],
  ));
