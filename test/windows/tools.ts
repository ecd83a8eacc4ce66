// Programs the rig needs beside Node, and running them.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

export const compiler = 'x86_64-w64-mingw32-gcc-posix';
export const cxxCompiler = 'x86_64-w64-mingw32-g++-posix';
export const dllTool = 'x86_64-w64-mingw32-dlltool';

const wineCandidates = ['/usr/lib/wine/wine64', 'wine64', 'wine'];

/** Program -> the Debian package that brings it. */
const needed: readonly (readonly [string, string])[] = [
  [cxxCompiler, 'g++-mingw-w64-x86-64'],
  [dllTool, 'g++-mingw-w64-x86-64'],
  ['wine', 'wine'],
  ['make', 'make'],
  ['tar', 'tar'],
];

/** Debian packages that must be installed first, each once. */
export function missingPackages(): string[] {
  const missing = needed.filter(([program]) => !found(program)).map(([, name]) => name);
  if (!wineCandidates.some(found)) missing.push('wine64');
  return [...new Set(missing)].sort();
}

export function winePath(): string {
  const path = wineCandidates.find(found);
  if (!path) throw new Error('wine is not installed');
  return path;
}

export function wineServerPath(): string {
  const beside = `${dirname(winePath())}/wineserver`;
  return existsSync(beside) ? beside : 'wineserver';
}

function found(program: string): boolean {
  if (program.includes('/')) return existsSync(program);
  const folders = (process.env.PATH ?? '').split(':');
  return folders.some((folder) => existsSync(`${folder}/${program}`));
}

/** Runs a program to its end; throws with what it said when it fails. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  try {
    return execFileSync(program, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`${program} failed:\n${stderr.slice(-2000)}`, { cause: error });
  }
}
