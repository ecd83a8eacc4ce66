// What -E says where its package is missing or useless. Each case is a folder of its own, so that this project's own
// node_modules are out of sight.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Failure } from '../../../src/base/errors.ts';

const compiled = fileURLToPath(new URL('../../../src/', import.meta.url));
const nodeModules = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));
const loader = join('sql', 'odbc', 'load-msnodesqlv8.js');
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-msnodesqlv8-'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const file of [
    loader,
    ...['errors.js', 'failure-codes.js'].map((name) => join('base', name)),
  ]) {
    mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
    cpSync(join(compiled, file), join(folder, 'src', file));
  }
});
after(() => rmSync(folder, { recursive: true }));

async function failure(): Promise<Failure> {
  const { href } = pathToFileURL(join(folder, 'src', loader));
  const { loadMsnodesqlv8 } = (await import(href)) as { loadMsnodesqlv8: () => Promise<unknown> };
  return loadMsnodesqlv8().then(
    () => assert.fail('it loaded'),
    (thrown: Failure) => thrown,
  );
}

test('a package that is not installed is named with the command that installs it', async () => {
  const { kind, code, message, hints } = await failure();
  const older = Number(process.versions.napi) < 10;
  const expected = older ? 'node-too-old' : 'windows-login-unavailable';
  assert.equal(`${kind} ${code}`, `connection ${expected}`);
  assert.match(message, /needs the package msnodesqlv8, which is not installed/);
  // npm leaves it out on an older Node.js: the command would change nothing there.
  assert.equal(/--include=optional/.test(hints[0] ?? ''), !older);
  assert.equal(/Node\.js 22\.14 or later/.test(hints[0] ?? ''), older);
});

test('a package without a binary for this system is told in one line', {
  skip: !existsSync(join(nodeModules, 'node-gyp-build')) && 'optional packages are not installed',
}, async () => {
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, 'msnodesqlv8'), { recursive: true });
  writeFileSync(join(packages, 'msnodesqlv8', 'package.json'), '{"name":"msnodesqlv8"}');
  cpSync(join(nodeModules, 'node-gyp-build'), join(packages, 'node-gyp-build'), {
    recursive: true,
  });
  const { code, message, hints } = await failure();
  // An older Node may be all that is wrong: it is named first.
  const older = Number(process.versions.napi) < 10;
  assert.equal(code, older ? 'node-too-old' : 'windows-login-unavailable');
  assert.match(message, /needs the package msnodesqlv8, which does not load[^\n]*$/);
  assert.equal(hints.length, 1);
});
