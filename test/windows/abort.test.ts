// Ctrl-C under Windows at every moment of a run that needs no slow disk. Console close, Ctrl-Break and logoff cannot
// be had from Wine, and SIGTERM does not exist there: those are left to a real Windows machine.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Phase, phases } from '../rig/phases.ts';
import { assertFailed, assertSame, assertSucceeded } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import { type WindowsRig, windowsTrial } from './windows-rig.ts';
import type { WineProgram } from './wine-program.ts';

/** Twice what test/rig/aborting.ts asks: a process under Wine on a busy machine takes part of it to go away. */
const longestAbortMs = 2000;

/** The disk is made slow by a library of Linux. */
const reachable = phases.filter(({ name }) => !name.includes('disk'));

async function enter(windows: WindowsRig, phase: Phase): Promise<WineProgram> {
  const run = phase.arrange(windows.rig);
  const program = windows.run(['Sales', 's.zst', '--overwrite', ...(run.args ?? [])]);
  await program.until(phase.name, run.reached);
  return program;
}

async function interrupt(program: WineProgram, times: number): Promise<void> {
  const at = performance.now();
  for (let sent = 0; sent < times; sent += 1) {
    program.signal('SIGINT');
    await sleep(20);
  }
  assertFailed(await program.ended, 130, /interrupted by Ctrl-C/);
  const took = performance.now() - at;
  assert.ok(took < longestAbortMs, `the end took ${Math.round(took)} ms`);
}

function assertClosed({ rig }: WindowsRig, aborts: number): void {
  const count = (call: string) => rig.judged().filter((line) => line.includes(` ${call} `)).length;
  assert.equal(count('Close'), count('Create'), 'Close exactly once');
  assert.equal(count('SignalAbort'), aborts, 'calls of SignalAbort');
}

suite('Ctrl-C ends a backup under Windows in good order', { concurrency: 2 }, () => {
  for (const phase of reachable) {
    test(`once ${phase.name}`, () =>
      windowsTrial(['s.zst'], async (windows) => {
        await writeFile(windows.rig.path('s.zst'), 'yesterday');
        await interrupt(await enter(windows, phase), 1);
        assertClosed(windows, /login|3014/.test(phase.name) ? 0 : 1);
        assert.equal((await windows.rig.read('s.zst')).toString(), 'yesterday');
      }));
  }

  test('twice in the middle of the stream, and the next run works', () =>
    windowsTrial(['s.zst'], async (windows) => {
      const middle = phases.find(({ name }) => name.includes('middle')) as Phase;
      await interrupt(await enter(windows, middle), 2);
      assertClosed(windows, 1);
      assertSucceeded(await windows.run(['Sales', 's.zst']).ended);
      await assertSame(windows.rig, fingerprint(decompressAll(await windows.rig.read('s.zst'))));
    }));
});
