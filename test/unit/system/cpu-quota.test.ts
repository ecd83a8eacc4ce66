import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cpuQuota } from '../../../src/system/cpu-quota.ts';

type Files = Readonly<Record<string, string>>;

function quota(files: Files): number | undefined {
  return cpuQuota((path) => files[path]);
}

const self = '/proc/self/cgroup';
const group = '/sys/fs/cgroup';
const hybrid =
  '4:memory:/docker/1f\n3:cpu,cpuacct:/docker/1f\n1:name=systemd:/docker/1f\n0::/docker/1f\n';

const cases: [string, Files, number | undefined][] = [
  ['no cgroup at all', {}, undefined],
  [
    'version 2 without a limit',
    { [self]: '0::/\n', [`${group}/cpu.max`]: 'max 100000\n' },
    undefined,
  ],
  [
    'version 2 in a container: docker --cpus=2',
    { [self]: '0::/\n', [`${group}/cpu.max`]: '200000 100000\n' },
    2,
  ],
  [
    'a part of a processor, which is one thread',
    { [self]: '0::/\n', [`${group}/cpu.max`]: '50000 100000\n' },
    1,
  ],
  [
    'one and a half, which is one thread',
    { [self]: '0::/\n', [`${group}/cpu.max`]: '150000 100000\n' },
    1,
  ],
  ['another period', { [self]: '0::/\n', [`${group}/cpu.max`]: '75000 25000\n' }, 3],
  [
    'CPUQuota= of a slice above the service',
    {
      [self]: '0::/system.slice/backup.service\n',
      [`${group}/system.slice/backup.service/cpu.max`]: 'max 100000\n',
      [`${group}/system.slice/cpu.max`]: '400000 100000\n',
    },
    4,
  ],
  [
    'the smallest of several',
    {
      [self]: '0::/a/b\n',
      [`${group}/a/b/cpu.max`]: '800000 100000\n',
      [`${group}/a/cpu.max`]: '300000 100000\n',
    },
    3,
  ],
  [
    'version 1 in a container, whose path is one of the host',
    {
      [self]: hybrid,
      [`${group}/cpu/cpu.cfs_quota_us`]: '200000\n',
      [`${group}/cpu/cpu.cfs_period_us`]: '100000\n',
    },
    2,
  ],
  [
    'version 1 without the link of one controller',
    {
      [self]: hybrid,
      [`${group}/cpu,cpuacct/docker/1f/cpu.cfs_quota_us`]: '600000\n',
      [`${group}/cpu,cpuacct/docker/1f/cpu.cfs_period_us`]: '100000\n',
    },
    6,
  ],
  [
    'version 1 without a limit',
    {
      [self]: '3:cpu:/\n',
      [`${group}/cpu/cpu.cfs_quota_us`]: '-1\n',
      [`${group}/cpu/cpu.cfs_period_us`]: '100000\n',
    },
    undefined,
  ],
  [
    'a controller whose name only begins alike',
    { [self]: '3:cpuset:/\n', [`${group}/cpu/cpu.max`]: '1 1' },
    undefined,
  ],
  ['a period of nothing', { [self]: '0::/\n', [`${group}/cpu.max`]: '100000 0\n' }, undefined],
  ['something else in the file', { [self]: '0::/\n', [`${group}/cpu.max`]: 'x y z\n' }, undefined],
];

suite('the CPU quota is read from', () => {
  for (const [title, files, expected] of cases)
    test(title, () => assert.equal(quota(files), expected));
});
