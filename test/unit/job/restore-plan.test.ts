import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/errors.ts';
import { planSteps } from '../../../src/job/restore-plan.ts';
import type { FileMove, RestoreRequest } from '../../../src/job/restore-request.ts';
import type { RestoreSet } from '../../../src/job/restore-sets.ts';
import type { ListedFile } from '../../../src/sql/file-list.ts';

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
