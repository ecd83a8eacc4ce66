// Wine with a prefix of its own: its environment, and commands run to their end.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prefixFolder, rigFolder, system32 } from './places.ts';
import { run, winePath } from './tools.ts';

const commandTimeoutMs = 180_000;

export const wineEnvironment: Readonly<Record<string, string>> = {
  WINEPREFIX: prefixFolder,
  WINEARCH: 'win64',
  WINEDEBUG: '-all',
  // Otherwise names of files lose what is not ASCII.
  LC_ALL: 'C.UTF-8',
  // Neither .NET nor a browser engine nor menu entries are wanted.
  WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
};

/** Runs a Windows program or Wine command to its end; throws when it fails. */
export function wine(args: readonly string[], environment = wineEnvironment): void {
  const { PATH = '', HOME = '' } = process.env;
  // Output goes nowhere: a pipe would stay open as long as Wine's own server.
  const { status, error } = spawnSync(winePath(), args, {
    env: { PATH, HOME, ...environment },
    stdio: 'ignore',
    timeout: commandTimeoutMs,
  });
  if (status !== 0) throw new Error(`wine ${args.join(' ')} failed: ${error ?? status}`);
}

/** A fresh Windows 10, made once for each version of Wine. */
export function makePrefix(): void {
  const made = `${run(winePath(), ['--version']).trim()} win10`;
  const mark = join(prefixFolder, '.made');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === made) return;
  rmSync(prefixFolder, { recursive: true, force: true });
  mkdirSync(rigFolder, { recursive: true });
  wine(['wineboot', '-i']);
  wine(['winecfg', '-v', 'win10']);
  if (!existsSync(system32)) throw new Error(`wine made no system32 in ${prefixFolder}`);
  writeFileSync(mark, made);
}
