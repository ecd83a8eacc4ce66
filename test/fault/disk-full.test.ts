// A disk that is really full: a small tmpfs in a mount namespace of its own where that is allowed, and a limit on
// the size of files, which every user may set.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { Program } from '../rig/program.ts';
import { binPath, type Rig } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';

/** Runs vdibackup as the last words of `wrapper`. */
function wrapped(rig: Rig, wrapper: readonly string[], args: readonly string[]): Program {
  const connection = ['-S', `127.0.0.1,${rig.server.port}`, '-U', 'sa', '-C'];
  const command = [...wrapper, process.execPath, binPath, ...connection, ...args];
  return new Program(command, { cwd: rig.folder, env: rig.environment });
}

function assertDiskFull(rig: Rig): void {
  const errors = rig.server.runs.flatMap((run) => run.errors);
  assert.ok(
    errors.length > 0 && errors.every(({ win32 }) => win32 === 112),
    'SQL Server is told 112',
  );
}

const namespaces = [
  ['unshare', '--mount'],
  ['unshare', '--mount', '--map-root-user'],
].find(
  ([command = '', ...args]) =>
    spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
);

test(
  'a tmpfs of 4 MiB fills up: exit 8, 112, and it is empty afterwards',
  { skip: namespaces ? false : 'no mount namespaces here' },
  () =>
    trial([], async (rig) => {
      const script =
        'mount -t tmpfs -o size=4m none /mnt && "$@"; code=$?; ls -A /mnt > listing; exit $code';
      const wrapper = [...(namespaces ?? []), 'sh', '-c', script, 'sh'];
      const ended = await wrapped(rig, wrapper, ['Sales', '/mnt/s.zst']).ended;
      assertFailed(ended, 8, /no space left on device \(ENOSPC\)/);
      assertDiskFull(rig);
      assert.equal(await readFile(rig.path('listing'), 'utf8'), '');
      await rm(rig.path('listing'));
    }),
);

test('a file that reaches the limit of its size: exit 8, 112, nothing left', () =>
  trial([], async (rig) => {
    // ulimit -f counts in blocks of 512 bytes.
    const ended = await wrapped(
      rig,
      ['sh', '-c', 'ulimit -f 8192; exec "$@"', 'sh'],
      ['Sales', 's.zst'],
    ).ended;
    assertFailed(ended, 8, /file too large \(EFBIG\)/);
    assertDiskFull(rig);
  }));
