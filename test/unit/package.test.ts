// The package as npm packs it: what it holds, and that it locks what runs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { productionPackages } from '../rig/installation.ts';

const project = join(import.meta.dirname, '..', '..', '..');

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly devDependencies?: object;
  readonly dev?: true;
}

/** The README leads to them. */
function papersIn(folder: string): string[] {
  return readdirSync(join(project, folder)).map((name) => `${folder}/${name}`);
}

suite('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vdibackup-package-'));
  after(() => rmSync(folder, { recursive: true }));
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const quietly = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const;
  let packed: string[] = [];

  // Packed in a copy that is built already: a build here would pull the program away from under other tests.
  before(() => {
    const parts = [
      'package.json',
      'package-lock.json',
      'pack.js',
      'bin',
      'dist/bundle',
      'docs',
      'examples',
    ];
    for (const part of [...parts, 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'])
      cpSync(join(project, part), join(folder, part), { recursive: true });
    const manifest = json(join(folder, 'package.json'));
    manifest.scripts.build = 'true';
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const [{ files }] = JSON.parse(
      /^\[$.*/ms.exec(execFileSync('npm', ['pack', '--json'], quietly))?.[0] ?? '',
    ) as [{ files: { path: string }[] }];
    packed = files.map(({ path }) => path).sort();
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  });

  test('holds the program, its lock and its papers, and nothing else', () => {
    const programs = ['compress-worker', 'decompress-worker', 'device-worker', 'main'];
    assert.deepEqual(
      packed,
      [
        ...[
          'CHANGELOG.md',
          'LICENSE',
          'README.md',
          'bin/package.json',
          'bin/vdibackup.js',
          'npm-shrinkwrap.json',
        ],
        ...[...programs, 'module-guard'].map((name) => `dist/bundle/${name}.cjs`),
        'package.json',
        ...papersIn('docs'),
        ...papersIn('examples'),
      ].sort(),
    );
  });

  test('locks every package that runs to the version and hash of package-lock.json', () => {
    const lock = json(join(project, 'package-lock.json')).packages as Record<string, Locked>;
    const { packages } = json(join(folder, 'package', 'npm-shrinkwrap.json')) as {
      packages: Record<string, Locked>;
    };
    const { '': root, ...locked } = packages;
    assert.deepEqual(Object.keys(locked).sort(), productionPackages().sort());
    for (const [name, entry] of Object.entries(locked)) {
      assert.deepEqual(entry, lock[name], name);
      assert.match(entry.integrity ?? '', /^sha512-/, name);
    }
    assert.equal(root?.devDependencies, undefined);
  });

  test('is in order for npm ci: its package.json and its lock want the same', () => {
    const { dependencies, optionalDependencies, devDependencies } = json(
      join(folder, 'package', 'package.json'),
    );
    const { packages } = json(join(folder, 'package', 'npm-shrinkwrap.json'));
    assert.deepEqual(packages[''].dependencies, dependencies);
    assert.deepEqual(packages[''].optionalDependencies, optionalDependencies);
    assert.equal(devDependencies, undefined);
  });

  test('packing leaves package.json as it was, and no second lock beside package-lock.json', () => {
    assert.ok('devDependencies' in json(join(folder, 'package.json')));
    assert.equal(existsSync(join(folder, 'npm-shrinkwrap.json')), false);
    assert.equal(existsSync(join(folder, 'package.json.whole')), false);
  });
});
