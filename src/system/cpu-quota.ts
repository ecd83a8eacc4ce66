// How many processors the CPU quota of a container is worth (`docker --cpus`, CPUQuota= of systemd, limits.cpu of
// Kubernetes). availableParallelism knows it from libuv 1.49 on (Node.js 24); older ones count the processors of the host,
// and a thread for each of them fights over the time of a few. Files: "Control Group v2" (cpu.max) and "CFS Bandwidth
// Control" (cpu.cfs_quota_us) of the kernel's documentation, https://docs.kernel.org/admin-guide/cgroup-v2.html and
// https://docs.kernel.org/scheduler/sched-bwc.html; the arithmetic is libuv's.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Processors whose time this process may use, at least 1: threads beyond them only wait. */
export function availableProcessors(): number {
  return Math.min(availableParallelism(), cpuQuota() ?? Number.POSITIVE_INFINITY);
}

/** The text of a file, or undefined. */
type ReadText = (path: string) => string | undefined;

const mount = '/sys/fs/cgroup';

/** Whole processors, at least 1; undefined where no quota is set, or none is seen. */
export function cpuQuota(read: ReadText = readText): number | undefined {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n').flatMap(cgroup);
  const quotas = groups.flatMap(({ folder, path }) => quotasAlong(folder, path, read));
  return quotas.length > 0 ? Math.max(1, Math.floor(Math.min(...quotas))) : undefined;
}

/** `0::/path` of version 2, `4:cpu,cpuacct:/path` of version 1; those without the controller of processors are none. */
function cgroup(line: string): { readonly folder: string; readonly path: string }[] {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  if (controllers === '') return [{ folder: mount, path }];
  if (!controllers.split(',').includes('cpu')) return [];
  // Controllers that are mounted together are so under their joined names, mostly with a link for each.
  return [...new Set([controllers, 'cpu'])].map((name) => ({ folder: `${mount}/${name}`, path }));
}

/**
 * A limit holds for all that is below it. In a container the path may be one of the host, and what is mounted is the
 * container's own group: then only the last step finds files.
 */
function quotasAlong(folder: string, path: string, read: ReadText): number[] {
  const steps = path.split('/').filter((step) => step !== '');
  return Array.from({ length: steps.length + 1 }, (_, index) =>
    [folder, ...steps.slice(0, steps.length - index)].join('/'),
  ).flatMap((group) => quotaOf(group, read) ?? []);
}

function quotaOf(group: string, read: ReadText): number | undefined {
  const [quota, period] =
    read(`${group}/cpu.max`)?.trim().split(/\s+/) ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((file) => read(`${group}/${file}`)?.trim());
  const processors = Number(quota) / Number(period);
  // `max`, and -1 of version 1, are no limit.
  return processors > 0 && Number.isFinite(processors) ? processors : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
