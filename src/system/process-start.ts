// When a process began. Linux only.

import { readFile } from 'node:fs/promises';

/** The unit of times in /proc for programs, on every architecture of Linux (proc(5), USER_HZ). */
const ticksPerSecond = 100;
/** Place of `starttime` among the fields after the program's name (proc(5): 22nd of all). */
const startField = 19;

/** Undefined where the process is not visible from here. */
export async function startOf(pid: number): Promise<Date | undefined> {
  try {
    const process = await readFile(`/proc/${pid}/stat`, 'latin1');
    const machine = await readFile('/proc/stat', 'latin1');
    // The name is in parentheses and may hold some itself.
    const fields = process.slice(process.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[startField]);
    const boot = Number(/^btime (\d+)$/m.exec(machine)?.[1]);
    const ms = (boot + Math.floor(ticks / ticksPerSecond)) * 1000;
    return Number.isFinite(ms) ? new Date(ms) : undefined;
  } catch {
    return undefined;
  }
}
