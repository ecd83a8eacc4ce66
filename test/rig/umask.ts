import { readFileSync } from 'node:fs';
import type { Program } from './program.ts';

/** The umask of a running program, which it has no other way to tell. */
export function umaskOf({ pid }: Program): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number.parseInt(/^Umask:\s*(\d+)$/m.exec(status)?.[1] ?? '-1', 8);
}
