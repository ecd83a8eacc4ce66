// Which folders a module may come from, by the way npm, npx and pnpm lay packages out.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { mayLookIn, ownTree, packageName } from '../../../src/system/code/own-tree.ts';

const base = mkdtempSync(join(tmpdir(), 'vdibackup-tree-'));
after(() => rmSync(base, { recursive: true }));

/** A package at `path` that needs mssql and has `inside` in its own node_modules. */
function packageAt(path: string, inside: readonly string[]): string {
  const root = join(base, path);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"dependencies":{"mssql":"1","pino":"1"}}');
  for (const name of inside) mkdirSync(join(root, 'node_modules', name), { recursive: true });
  return root;
}

test('a checkout has nothing above it, whether or not its packages are installed', () => {
  for (const inside of [[], ['mssql', 'pino']]) {
    const root = packageAt(`checkout${inside.length}`, inside);
    assert.deepEqual(ownTree(root), { root, top: root });
  }
});

test('a global installation has its packages inside: its neighbours are not its own', () => {
  const root = packageAt('lib/node_modules/vdibackup', ['mssql', 'pino']);
  assert.deepEqual(ownTree(root), { root, top: root });
});

test('where even one package lies beside it, the folder that holds both is the top', () => {
  const root = packageAt('project/node_modules/vdibackup', ['pino']);
  assert.deepEqual(ownTree(root), { root, top: join(base, 'project/node_modules') });
});

const tree = { root: '/opt/app/node_modules/vdibackup', top: '/opt/app/node_modules' };
const driver = '/opt/app/node_modules/mssql/lib/base.js';

for (const [folder, from, allowed] of [
  ['/opt/app/node_modules', driver, true],
  ['/opt/app/node_modules/mssql/node_modules', driver, true],
  ['/opt/app', driver, false],
  ['/opt/node_modules', driver, false],
  ['/node_modules', driver, false],
  ['/opt/app/node_modules2', driver, false],
  ['/root/.node_modules', driver, false],
  ['/opt/app/node_modules', undefined, true],
  ['/opt/node_modules', undefined, false],
  // What a link leads to sees its own package and what lies beside that.
  ['/store/mssql/node_modules', '/store/mssql/node_modules/mssql/index.js', true],
  ['/store/mssql/node_modules/mssql/node_modules', '/store/mssql/node_modules/mssql/a/b.js', true],
  ['/store/node_modules', '/store/mssql/node_modules/mssql/index.js', false],
  ['/node_modules', '/store/mssql/node_modules/mssql/index.js', false],
  ['/elsewhere/node_modules', '/elsewhere/script.js', false],
] as const)
  test(`${from ?? 'nobody'} ${allowed ? 'finds' : 'does not find'} modules in ${folder}`, () => {
    assert.equal(mayLookIn(tree, folder, from), allowed);
  });

test('the name of a package is its first word, with its scope', () => {
  assert.equal(packageName('zstd-napi/binding.js'), 'zstd-napi');
  assert.equal(packageName('@azure/identity/lib/x.js'), '@azure/identity');
});
