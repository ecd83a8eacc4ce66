// The threads of the program in a real cgroup with a CPU quota, made for the test: as root, where the system lets it.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binPath } from '../rig/rig.ts';
import { assertSucceeded, trial } from '../rig/trial.ts';

const period = 100_000;

/** A group with a quota of so many processors, of whatever version the system has; undefined where none can be made. */
function limitedGroup(processors: number): string | undefined {
  const name = `vdibackup-test-${process.pid}`;
  const quota = processors * period;
  const versions: [string, string, string][] = [
    ['/sys/fs/cgroup/cpu', 'cpu.cfs_quota_us', `${quota}`],
    ['/sys/fs/cgroup', 'cpu.max', `${quota} ${period}`],
  ];
  for (const [root, file, text] of versions) {
    const group = join(root, name);
    try {
      mkdirSync(group);
      if (!existsSync(join(group, file))) throw new Error(`no ${file}`);
      writeFileSync(join(group, file), text);
      return group;
    } catch {
      if (existsSync(group)) rmdirSync(group);
    }
  }
  return undefined;
}

const mayTry = process.platform === 'linux' && availableParallelism() > 1;
const group = mayTry ? limitedGroup(1) : undefined;
const reason = 'no cgroup with a CPU quota can be made here, or there is one processor only';
const skip = group === undefined && reason;

test('threads follow the CPU quota of the cgroup', { skip }, async () => {
  const folder = group ?? '';
  try {
    await trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const dry = [...rig.connection, 'restore', 'Copy', 's.zst', '--dry-run'];
      const inGroup = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`;
      const command = ['sh', '-c', inGroup, 'sh', process.execPath, binPath, ...dry];
      const limited = await rig.spawn(command).ended;
      assert.equal(limited.code, 0, limited.stderr);
      assert.match(limited.stderr, /^decompression: 1 threads$/m);
      const free = await rig.bare(dry).ended;
      assert.match(
        free.stderr,
        new RegExp(`^decompression: ${availableParallelism()} threads$`, 'm'),
      );
    });
  } finally {
    rmdirSync(folder);
  }
});
