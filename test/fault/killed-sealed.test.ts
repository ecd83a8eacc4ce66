// A run that was killed after it had sealed its files: SQL Server may count on that backup, so the next run of the same
// name keeps it, and `vdibackup finish` names it.

import assert from 'node:assert/strict';
import { link, rm, truncate } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { abort, awaitIdle } from '../rig/aborting.ts';
import type { Rig } from '../rig/rig.ts';
import { assertSucceeded, withRig } from '../rig/trial.ts';

/** Kills a run after SQL Server has recorded its backup, before it has its name. */
async function killSealed(rig: Rig, args: readonly string[]): Promise<void> {
  rig.server.fault({ 'lose-3014': 'swallow' });
  const program = rig.run(['Sales', ...args]);
  await program.until('the record', () => rig.server.instance.history.length > 0);
  await abort(program, 'SIGKILL');
  await awaitIdle(rig);
  rig.server.fault({});
}

suite('the next run keeps what a killed one had sealed', { concurrency: 3 }, () => {
  for (const args of [
    ['s.zst'],
    ['s.zst', '--overwrite'],
    ['s1.zst', 's2.zst', 's3.zst'],
    ['s.bak', '--compress', 'none'],
    ['s.bak', '--compress', 'server'],
    ['s1.bak', 's2.bak', '--compress', 'none', '--sha256'],
  ])
    test(args.join(' '), () =>
      withRig(async (rig) => {
        const names = args.filter((arg) => /^s\d?\./.test(arg));
        await killSealed(rig, args);
        const sealed = await Promise.all(names.map((name) => rig.read(`${name}.partial`)));
        const next = await rig.run(['Sales', ...args]).ended;
        assertSucceeded(next);
        const kept = (await rig.files()).filter((name) => name.includes('.unconfirmed-'));
        assert.equal(kept.length, names.length);
        assert.deepEqual(await Promise.all(kept.map((name) => rig.read(name))), sealed);
        for (const name of kept)
          assert.match(next.stderr, new RegExp(`^hint: Ask SQL Server .* finish .*${name}$`, 'm'));
        for (const name of names) await rm(rig.path(name));
        const finished = await rig.run(['finish', ...kept]).ended;
        assert.match(finished.lastLine, /^OK Sales copy .* finished file=/, finished.stderr);
      }),
    );

  test('not what was cut, and not a second name of a published file', () =>
    withRig(async (rig) => {
      await killSealed(rig, ['s.bak', '--compress', 'none']);
      const { length } = await rig.read('s.bak.partial');
      await truncate(rig.path('s.bak.partial'), length - 512);
      assertSucceeded(await rig.run(['Sales', 's.bak', '--compress', 'none']).ended);
      await link(rig.path('s.bak'), rig.path('s.bak.partial'));
      assertSucceeded(await rig.run(['Sales', 's.bak', '--overwrite']).ended);
      assert.deepEqual(await rig.files(), ['s.bak']);
    }));
});
