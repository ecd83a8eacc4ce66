// Ctrl-C, SIGTERM and SIGHUP at every moment of a run: an exit code that says so, nothing left behind,
// yesterday's file untouched, SQL Server free, and all of it in a second.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import {
  type Aborted,
  abort,
  assertServerFree,
  assertSignalAborts,
  longestAbortMs,
  signals,
} from '../rig/aborting.ts';
import { enter, type Phase, phases } from '../rig/phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

suite('a signal ends a backup in good order', { concurrency: 2 }, () => {
  for (const phase of phases) {
    for (const [signal, exitCode, words] of signals) {
      test(`${signal} ${phase.name}`, () =>
        trial(['s.zst'], async (rig) => {
          await writeFile(rig.path('s.zst'), 'yesterday');
          const program = await enter(rig, phase, ['Sales', 's.zst', '--overwrite']);
          const ended = await abort(program, signal);
          assertFailed(ended, exitCode, words);
          assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
          assertSignalAborts(rig, /login|3014/.test(phase.name) ? 0 : 1);
          await assertServerFree(rig);
          assert.deepEqual(await rig.files(), ['s.zst']);
          assert.equal((await rig.read('s.zst')).toString(), 'yesterday');
        }));
    }

    test(`SIGINT twice ${phase.name}, and the next run works`, () =>
      trial(['s.zst'], async (rig) => {
        const program = await enter(rig, phase, ['Sales', 's.zst']);
        const ended = await abort(program, 'SIGINT', 'SIGINT');
        assertFailed(ended, 130, /interrupted by Ctrl-C/);
        assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
        await assertServerFree(rig);
        await assertLeft(rig, phase, ended);
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        for (const name of await rig.files()) if (name !== 's.zst') await rm(rig.path(name));
      }));
  }
});

/**
 * Nothing is left, but for one moment: after Complete the second signal does not wait for SQL Server's answer to the first.
 * If that has come it is an error and the file goes; if not, SQL Server may count on the backup.
 */
async function assertLeft(rig: Rig, { name }: Phase, { stderr, lastLine }: Aborted): Promise<void> {
  const isAsked = name.startsWith('after Complete') && !stderr.includes('sql: Msg 3013');
  assert.match(
    (await rig.files()).join(),
    isAsked ? /^s\.zst\.unconfirmed-[0-9a-f]{8}$/ : /^$/,
    stderr,
  );
  assert.equal(lastLine.includes('SQL Server may count on this backup'), isAsked, stderr);
}

suite('a signal at an awkward moment', { concurrency: 2 }, () => {
  test('with eight devices in the middle of the stream ends all of them', () => {
    const files = Array.from({ length: 8 }, (_, stripe) => `s${stripe + 1}.zst`);
    return trial([], async (rig) => {
      const middle = phases.find(({ name }) => name.includes('middle')) as Phase;
      const ended = await abort(await enter(rig, middle, ['Sales', ...files]), 'SIGTERM');
      assertFailed(ended, 143, /SIGTERM/);
      assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
      await assertServerFree(rig);
    });
  });

  test('that comes after SQL Server has finished is too late: the backup is kept, with a warning', () =>
    trial(['s.zst'], async (rig) => {
      rig.server.fault({ 'delay-3014': 60_000, 'late-attention': true });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('Close', () =>
        rig.judged().some((line) => / Close -> NOERROR/.test(line)),
      );
      const ended = await abort(program, 'SIGINT');
      assertSucceeded(ended);
      assert.match(ended.stderr, /^warning: too late to abort/m);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));

  test('with --json says so in JSON, the last line being the error', () =>
    trial([], async (rig) => {
      const middle = phases.find(({ name }) => name.includes('middle')) as Phase;
      const ended = await abort(await enter(rig, middle, ['Sales', 's.zst', '--json']), 'SIGINT');
      assert.equal(ended.code, 130, ended.stderr);
      const events = ended.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { event, exitCode, code } = events.at(-1);
      assert.deepEqual(
        { event, exitCode, code },
        { event: 'error', exitCode: 130, code: 'interrupted' },
      );
    }));

  test('while SQL Server does not answer at all still ends, within the bounds of the teardown', () =>
    trial([], async (rig) => {
      rig.server.fault({ 'mute-sql': true });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('Create', () => rig.judged().some((line) => / Create /.test(line)));
      await program.until('the statement', () =>
        rig.server.statements.some((text) => /^BACKUP/.test(text)),
      );
      const ended = await abort(program, 'SIGINT');
      assertFailed(ended, 130, /Ctrl-C/);
      assert.ok(ended.abortMs < 7000, `the end took ${Math.round(ended.abortMs)} ms`);
    }));

  test('and a second one, while SQL Server does not answer at all, does not wait for it', () =>
    trial([], async (rig) => {
      rig.server.fault({ 'mute-sql': true });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('the statement', () =>
        rig.server.statements.some((text) => /^BACKUP/.test(text)),
      );
      const ended = await abort(program, 'SIGINT', 'SIGINT');
      assertFailed(ended, 130, /Ctrl-C/);
      assert.ok(ended.abortMs < longestAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
      assert.match(ended.stderr, /not waiting for SQL Server any more/);
    }));
});
