// Standard output as the destination: data and nothing but data, whatever the VDI library prints there.

import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { Program } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

const noise = 'SyncWithGlobalTable: error 2';

suite('a backup to standard output', { concurrency: 3 }, () => {
  test('is a whole archive in a pipe, and what the library prints on descriptor 1 is not in it', () =>
    trial([], async (rig) => {
      rig.server.fault({ noise });
      const ended = await rig.run(['Sales', '-']).ended;
      assertSucceeded(ended);
      assert.ok(!ended.stdout.includes(noise), 'noise in the data');
      await assertSame(rig, fingerprint(decompressAll(ended.stdout)));
    }));

  test('that fails shows what the library printed on stderr, where it may be the only clue', () =>
    trial([], async (rig) => {
      rig.server.fault({ noise, 'error-at': 9_000_000 });
      const ended = await rig.run(['Sales', '-']).ended;
      assertFailed(ended, 7, /Msg 3043/);
      assert.ok(!ended.stdout.includes(noise), 'noise in the data');
      assert.ok(ended.stderr.includes(noise), ended.stderr);
    }));

  test('is the bare stream with --compress none', () =>
    trial([], async (rig) => {
      rig.server.fault({ noise, flushes: 1024 * 1024 });
      const ended = await rig.run(['Sales', '-', '--compress', 'none']).ended;
      assertSucceeded(ended);
      await assertSame(rig, fingerprint(ended.stdout));
    }));

  test('goes into a file that the shell opened', () =>
    trial(['redirected'], async (rig) => {
      rig.server.fault({ noise });
      const descriptor = openSync(rig.path('redirected'), 'w');
      const ended = await rig.run(['Sales', '-'], { stdout: descriptor }).ended;
      closeSync(descriptor);
      assertSucceeded(ended);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('redirected'))));
    }));

  test('waits for a reader that pauses', () =>
    trial([], async (rig) => {
      const program = rig.run(['Sales', '-'], { unreadStdout: true });
      const bytes = await readAfterPause(rig, program);
      assert.equal((await program.ended).code, 0, program.stderr);
      await assertSame(rig, fingerprint(decompressAll(bytes)));
    }));

  test('refuses a second destination beside it', () =>
    trial([], async (rig) => {
      const { code, stderr } = await rig.run(['Sales', '-', 'b.zst']).ended;
      assert.equal(code, 2, stderr);
    }));
});

async function readAfterPause(rig: Rig, program: Program): Promise<Buffer> {
  await program.until('bytes moved', () => rig.server.deviceSets.some(({ bytes }) => bytes > 0));
  await new Promise((resolve) => setTimeout(resolve, 500));
  const parts: Buffer[] = [];
  for await (const part of program.child.stdout ?? []) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
