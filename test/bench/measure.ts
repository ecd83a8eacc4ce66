// Runs a command as a whole process and says what it cost. CPU and wall time are the shell's own `time`,
// which sums threads; the peak of memory is the kernel's high-water mark of the one process.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly exitCode: number;
  readonly stderr: string;
}

const pollMs = 20;

/**
 * Runs `command`, without the certificates that the environment may have Node load: a system's whole bundle costs 50 ms
 * of every start, and nothing measured here uses it.
 */
export async function measure(
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cost> {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const script = `TIMEFORMAT='@%R %U %S'; time ${quoted}`;
  const child = spawn('bash', ['-c', script], {
    env: { ...env, NODE_EXTRA_CA_CERTS: undefined },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let peakMiB = 0;
  const poll = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOfChildren(child.pid ?? 0));
  }, pollMs);
  const exitCode = await new Promise<number>((resolve) =>
    child.on('close', (code) => resolve(code ?? -1)),
  );
  clearInterval(poll);
  const [, wall = '0', user = '0', system = '0'] =
    /@([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? [];
  const said = stderr.replace(/@[\d. ]+\s*$/, '');
  return {
    wallSeconds: Number(wall),
    cpuSeconds: Number(user) + Number(system),
    peakMiB,
    exitCode,
    stderr: said,
  };
}

function peakOfChildren(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return Math.max(0, ...children.map(peakOf));
  } catch {
    return 0;
  }
}

function peakOf(pid: string): number {
  try {
    return (
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
    );
  } catch {
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}
