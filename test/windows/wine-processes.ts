// Programs under Wine as this system sees them: a program that another one started there can be reached only so.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Processes in `folder` that run `script` themselves: it is their first argument. */
export function processesOf(folder: string, script: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && runs(name, folder, script))
    .map(Number);
}

function runs(pid: string, folder: string, script: string): boolean {
  try {
    if (readlinkSync(`/proc/${pid}/cwd`) !== folder) return false;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words[words.findIndex((word) => word.endsWith('node.exe')) + 1] === script;
  } catch {
    return false; // ended meanwhile
  }
}
