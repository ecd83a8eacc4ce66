// vdibackup as a process of its own whose memory and processor time are watched from outside (Linux, proc(5)): a process
// that is killed by its own size tells nobody.

import { readFileSync } from 'node:fs';
import { type Ended, Program, type ProgramOptions } from './program.ts';
import { binPath } from './rig.ts';

/** How often to look, ms. */
const everyMs = 10;
/** Of the kernel's clock, ms: sysconf(_SC_CLK_TCK) is 100 on every Linux. */
const tickMs = 10;

export interface Judged extends Ended {
  /** Most memory it had at any time, bytes. */
  readonly peakBytes: number;
  /** Processor time of all its threads, ms. */
  readonly cpuMs: number;
}

export interface JudgeLimits {
  /** It is killed when it takes more, bytes. */
  readonly peakBytes: number;
  /** Or longer, ms. */
  readonly elapsedMs: number;
}

export async function runJudged(
  args: readonly string[],
  limits: JudgeLimits,
  options: ProgramOptions = {},
): Promise<Judged> {
  const program = new Program([process.execPath, binPath, ...args], options);
  const seen = { peakBytes: 0, cpuMs: 0 };
  const look = () => {
    Object.assign(seen, { ...seen, ...usageOf(program.pid) });
    if (seen.peakBytes > limits.peakBytes) program.signal('SIGKILL');
  };
  const timer = setInterval(look, everyMs);
  const late = setTimeout(() => program.signal('SIGKILL'), limits.elapsedMs);
  try {
    return { ...(await program.ended), ...seen };
  } finally {
    clearInterval(timer);
    clearTimeout(late);
  }
}

/** Of a process; nothing when it has ended. */
function usageOf(pid: number): Partial<Pick<Judged, 'peakBytes' | 'cpuMs'>> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const peakKiB = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
    // The fields behind the name, which may hold anything: state is the first, utime the 12th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * tickMs;
    return Number.isNaN(peakKiB) ? {} : { peakBytes: peakKiB * 1024, cpuMs };
  } catch {
    return {};
  }
}
