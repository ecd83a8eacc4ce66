// Tests of real backups there and back: what the server is given on a restore is what it sent, in every number of
// stripes and every form of storage.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DatabaseDescription } from '../standin/instance.ts';
import { assertRestored, open, target, wholeBackups } from './corpus.ts';
import { corpusPath, type Rig } from './rig.ts';
import { trial } from './trial.ts';

async function assertSameBytes(rig: Rig, restored: string, devices: number): Promise<void> {
  for (let device = 0; device < devices; device += 1) {
    const sent = await rig.server.expectedBytes('Real', devices, device);
    assert.deepEqual(await rig.server.expectedBytes(restored, devices, device), sent);
  }
}

function databases(name: string): DatabaseDescription[] {
  return [{ name: 'Real', streams: { kind: 'file', path: join(corpusPath, name) } }, open];
}

/** Every `step`th of them from `first` on, so that several files of tests share the work. */
export function roundTrips(first: number, step: number): void {
  for (const [index, name] of wholeBackups.entries()) {
    if (index % step !== first) continue;
    const database = target(name);
    const again = database === 'Copy' ? ['--replace'] : [];

    // The stand-in cuts a file for several devices: only one of the parts is a native backup by itself.
    for (const [how, counts] of [
      ['zstd', [1, 3, 8]],
      ['none', [1]],
    ] as const)
      test(`${name} through ${how} comes back as it was sent`, () => {
        const all = counts.map((count) =>
          Array.from({ length: count }, (_, stripe) => `${count}-${stripe + 1}.bak`),
        );
        const body = async (rig: Rig) => {
          for (const files of all) {
            const { code, stderr } = await rig.run(['Real', ...files, '--compress', how]).ended;
            assert.equal(code, 0, stderr);
            const args = ['restore', database, ...files, '--norecovery', ...again];
            assertRestored(await rig.run(args).ended);
            await assertSameBytes(rig, database, files.length);
          }
        };
        return trial(all.flat(), body, { databases: databases(name) });
      });
  }
}
