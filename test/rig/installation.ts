// vdibackup as npm would install it, made of this checkout's own files: hard links, or copies on another file system.
// A link to a folder would not do, because Node.js looks for modules where a file really lies.

import { readFileSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Compiled files lie in dist/test/rig, three folders below the project.
const project = fileURLToPath(new URL('../../../', import.meta.url));
const modules = 'node_modules';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: true; readonly optional?: true }>>;
}

/** Folders of the packages that run, e.g. node_modules/mssql/node_modules/commander; none inside of another is left out. */
export function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock;
  return Object.entries(lock.packages).flatMap(([folder, { dev }]) =>
    folder === '' || dev ? [] : [folder],
  );
}

export interface Installation {
  /** Folder of its package.json. */
  readonly root: string;
  readonly bin: string;
}

/**
 * checkout: packages below the package, which lies anywhere. global: the same in a folder node_modules.
 * project: packages beside it in a folder node_modules, as npm and npx put them. pnpm: links to them beside it.
 */
export type Layout = 'checkout' | 'global' | 'project' | 'pnpm';

/** Installs into `folder`, without the packages `missing`. */
export async function install(
  folder: string,
  layout: Layout,
  missing: readonly string[] = [],
): Promise<Installation> {
  const root = rootIn(folder, layout);
  await mkdir(root, { recursive: true });
  await copyFile(join(project, 'package.json'), join(root, 'package.json'));
  for (const part of ['bin', join('dist', 'bundle')])
    await take(join(project, part), join(root, part));
  const wanted = productionPackages().filter((name) => !missing.includes(nameOf(name)));
  for (const name of wanted) await placePackage(name, folder, root, layout);
  return { root, bin: join(root, 'bin', 'vdibackup.js') };
}

function rootIn(folder: string, layout: Layout): string {
  switch (layout) {
    case 'checkout':
      return join(folder, 'vdibackup');
    case 'global':
    case 'project':
      return join(folder, modules, 'vdibackup');
    case 'pnpm':
      return join(folder, modules, '.pnpm', 'vdibackup@0.1.0', modules, 'vdibackup');
  }
}

async function placePackage(
  name: string,
  folder: string,
  root: string,
  layout: Layout,
): Promise<void> {
  const from = join(project, name);
  if (layout === 'project') return take(from, join(folder, name));
  if (layout !== 'pnpm') return take(from, join(root, name));
  // Packages that are needed in two versions are left where npm put the second: inside.
  const store = join(folder, modules, '.pnpm', 'all@1.0.0');
  await take(from, join(store, name));
  const direct = join(dirname(root), nameOf(name));
  if (name !== join(modules, nameOf(name))) return;
  await mkdir(dirname(direct), { recursive: true });
  await symlink(join(store, name), direct);
}

/** The name of the package that lies there. */
function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf(`${modules}/`) + modules.length + 1);
}

/** The files of one package: what lies in its own node_modules are other packages. */
async function take(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  if (entries.length > 0) await mkdir(to, { recursive: true });
  for (const entry of entries) {
    if (entry.name === modules || entry.name === '.bin') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await take(source, target);
    else if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target));
  }
}

/** A package `name` below `folder` that writes its name into `proof` when it runs, whatever way it is loaded. */
export async function plant(folder: string, name: string, proof: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  const at = join(folder, name);
  await rm(at, { recursive: true, force: true });
  await mkdir(at, { recursive: true });
  const ran = (load: string) =>
    `${load}.appendFileSync(${JSON.stringify(proof)}, ${JSON.stringify(`${basename(dirname(folder))}: ${name}\n`)});\n`;
  await writeFile(join(at, 'package.json'), JSON.stringify(manifest(name)));
  await writeFile(join(at, 'index.cjs'), `${ran("require('node:fs')")}module.exports = {};\n`);
  await writeFile(
    join(at, 'index.mjs'),
    `import fs from 'node:fs';\n${ran('fs')}export default {};\n`,
  );
}

function manifest(name: string): object {
  const exported = { import: './index.mjs', require: './index.cjs' };
  return {
    name,
    version: '9.9.9',
    exports: { '.': exported, './package.json': './package.json', './*': exported },
  };
}
