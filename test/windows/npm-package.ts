// Packages from the npm registry, unpacked without installing them: what npm leaves out on this system.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, projectFolder } from './places.ts';
import { run } from './tools.ts';

/** Folder of `name@version`, fetched once. */
export function npmPackage(name: string, version: string): string {
  const folder = join(cacheFolder, `${name.replaceAll(/[@/]+/g, '-')}-${version}`);
  if (existsSync(join(folder, 'package.json'))) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  const archive = run('npm', ['pack', '--silent', `${name}@${version}`], work)
    .trim()
    .split('\n')
    .at(-1);
  run('tar', ['-xzf', archive ?? '', '-C', work], work);
  renameSync(join(work, 'package'), folder);
  rmSync(work, { recursive: true });
  return folder;
}

/** Folder of a package as npm installed it here. */
export function installed(name: string): string {
  return join(projectFolder, 'node_modules', name);
}

export function versionOf(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
