// Wine with a prefix of its own: its environment, and commands run to their end.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prefixFolder, system32 } from './places.ts';
import { run, winePath, wineServerPath } from './tools.ts';

const commandTimeoutMs = 180_000;
/** Longer than any pause between two programs of a test run. */
const lingerSeconds = 300;
/** What `wineserver` exits with when one runs already in this prefix. */
const runsAlready = 2;

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
export function wine(args: readonly string[]): void {
  const { status, error } = toItsEnd(winePath(), args);
  if (status !== 0) throw new Error(`wine ${args.join(' ')} failed: ${error ?? status}`);
}

function toItsEnd(program: string, args: readonly string[]) {
  const { PATH = '', HOME = '' } = process.env;
  return spawnSync(program, args, {
    env: { PATH, HOME, ...wineEnvironment },
    // Output goes nowhere: a pipe would stay open as long as Wine's own server.
    stdio: 'ignore',
    timeout: commandTimeoutMs,
  });
}

let awake = false;

/**
 * Boots this Windows unless it runs. Left to itself, Wine's server ends with its last program (Debian starts it with
 * `-p0`) and boots with the next, and both have races: a program that connects to a server on its way out is reset, and
 * when two start at once and the boot of the one dies, the other waits minutes for it, with whatever comes after.
 */
export function wakeWine(): void {
  if (awake) return;
  const { status, error } = toItsEnd(wineServerPath(), [`-p${lingerSeconds}`]);
  if (status === 0) wine(['cmd', '/c', 'exit']);
  else if (status !== runsAlready) throw new Error(`wineserver failed: ${error ?? status}`);
  awake = true;
}

/** Ends whatever runs in the prefix, and its server: one that somebody left may not linger. */
function endWine(): void {
  toItsEnd(wineServerPath(), ['-k']);
  toItsEnd(wineServerPath(), ['-w']);
}

/** A fresh Windows 10 that runs, made once for each version of Wine. */
export function makePrefix(): void {
  const made = `${run(winePath(), ['--version']).trim()} win10`;
  const mark = join(prefixFolder, '.made');
  endWine();
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== made) {
    rmSync(prefixFolder, { recursive: true, force: true });
    mkdirSync(prefixFolder, { recursive: true });
    wakeWine();
    wine(['winecfg', '-v', 'win10']);
    if (!existsSync(system32)) throw new Error(`wine made no system32 in ${prefixFolder}`);
    writeFileSync(mark, made);
  }
  wakeWine();
}
