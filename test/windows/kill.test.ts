// kill -9 at a random moment, many times: whatever bears a final name is whole, and the next run
// always works, over whatever the dead one left.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertSame, assertSucceeded } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import { WindowsRig } from './windows-rig.ts';

const kills = Number(process.env.VDIBACKUP_TEST_KILLS ?? (process.env.VDIBACKUP_CI ? 100 : 10));
/** A run takes about this long from its start to its end under Wine. */
const runMs = 2000;

/** Whether the run was still at work. */
async function killOnce(windows: WindowsRig, file: string): Promise<boolean> {
  const program = windows.run(['Sales', file, '--overwrite']);
  await Promise.race([sleep(Math.random() * runMs), program.ended]);
  program.signal('SIGKILL');
  const { signal } = await program.ended;
  if ((await windows.rig.files()).includes(file)) await assertWhole(windows, file);
  return signal === 'SIGKILL';
}

async function assertWhole({ rig }: WindowsRig, file: string): Promise<void> {
  await assertSame(rig, fingerprint(decompressAll(await rig.read(file))));
}

for (const lane of [1, 2]) {
  test(`kill -9, ${Math.ceil(kills / 2)} times (${lane} of 2)`, { timeout: 900_000 }, async () => {
    const windows = await WindowsRig.create();
    try {
      let hits = 0;
      for (let kill = 0; kill < kills / 2; kill += 1) {
        if (await killOnce(windows, `${kill}.zst`)) hits += 1;
      }
      assert.ok(hits >= kills / 4, `only ${hits} runs were killed while they were at work`);
      assertSucceeded(await windows.run(['Sales', '0.zst', '--overwrite']).ended);
      await assertWhole(windows, '0.zst');
      assert.deepEqual(windows.rig.breaches, []);
      assert.deepEqual(windows.rig.server.deviceSets, []);
    } finally {
      await windows.close();
    }
  });
}
