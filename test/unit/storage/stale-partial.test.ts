// A partial file that is in the way: removed when its run is dead, never when somebody has it in his hands.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createPartial } from '../../../src/job/files/run-lock.ts';
import type { LockFile } from '../../../src/storage/file/file-lock.ts';
import { PartialFile } from '../../../src/storage/file/partial-file.ts';
import { refuseLocked, removeStale } from '../../../src/storage/file/stale-partial.ts';
import { lockFile } from '../../../src/system/lock/file-locker.ts';
import { asNobody, failure, temporaryFolder } from '../archive/rig.ts';

const child = join(import.meta.dirname, 'child.js');
const lockless: LockFile = async () => ({ kind: 'unsupported' });
const supported = process.platform === 'linux' || process.platform === 'win32';
const writing = (words = '') => failure('locked', 'destination-locked', new RegExp(words));

/** A process that has begun to write `path` and goes on for ever. */
async function holder(path: string) {
  const started = spawn(process.execPath, [child, 'hold', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(started.stderr, 'data');
  return started;
}

async function growing(path: string, step: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => appendFileSync(path, 'more'), 50);
  try {
    await step();
  } finally {
    clearInterval(timer);
  }
}

describe('a partial file that is in the way', () => {
  it('is refused while its run lives, with the run named, and replaced when it was killed', {
    skip: !supported,
  }, async () => {
    const path = join(await temporaryFolder(), 'a.bak');
    const run = await holder(path);
    const named = `^a\\.bak\\.partial is being written by another run \\(process ${run.pid}, started 20`;
    await assert.rejects(createPartial(path), writing(named));
    await assert.rejects(refuseLocked(`${path}.partial`, lockFile), writing(named));
    assert.equal(readFileSync(`${path}.partial`, 'utf8'), 'begun');
    run.kill('SIGKILL');
    await once(run, 'close');
    const partial = await createPartial(path);
    assert.equal(readFileSync(`${path}.partial`, 'utf8'), '');
    await partial.discard();
  });

  for (const [what, lock] of [
    ['with locks', lockFile],
    ['without locks', lockless],
  ] as const)
    it(`is refused while it grows on a file system ${what}`, async () => {
      const path = join(await temporaryFolder(), 'a.bak.partial');
      writeFileSync(path, 'begun');
      await growing(path, () => assert.rejects(removeStale(path, lock), writing()));
      assert.ok(existsSync(path));
      await removeStale(path, lock);
      assert.ok(!existsSync(path));
    });

  it('is left to the one of two that made it', { skip: !supported }, async () => {
    const path = join(await temporaryFolder(), 'a.bak');
    writeFileSync(`${path}.partial`, 'of a dead run');
    const both = await Promise.allSettled([createPartial(path), createPartial(path)]);
    const made = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    assert.equal(made.length, 1);
    await made[0]?.write(Buffer.from('mine'), 0);
    await made[0]?.sync();
    assert.equal(readFileSync(`${path}.partial`, 'utf8'), 'mine');
    await made[0]?.discard();
  });

  it('of another account is not replaced where that cannot be found out', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('only root can become another account');
    const folder = await temporaryFolder();
    const path = join(folder, 'a.bak');
    writeFileSync(`${path}.partial`, 'of root', { mode: 0o600 });
    chmodSync(folder, 0o777);
    await asNobody(() =>
      assert.rejects(
        createPartial(path),
        failure('io', 'access-denied', /belongs to another account \(user 0\)$/),
      ),
    );
    assert.equal(readFileSync(`${path}.partial`, 'utf8'), 'of root');
  });

  it('is refused by its own process, too, until it is discarded', {
    skip: !supported,
  }, async () => {
    const path = join(await temporaryFolder(), 'a.bak');
    const partial = await PartialFile.create(path, lockFile);
    await assert.rejects(createPartial(path), writing());
    await partial.discard();
    await (await createPartial(path)).discard();
  });
});
