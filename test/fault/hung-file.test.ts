// A file system that does not answer where no byte moves: before the first one and after the last one. The stall timeout
// or a signal ends the run, and what SQL Server counts on is kept and named.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { abort } from '../rig/aborting.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

/** More than anybody waits for. */
const hang = 'sleep60000';
const impatient = ['--stall-timeout', '1s'];
/** The end of the run, with every wait of the teardown in it. */
const generousMs = 15_000;

/** A run in which a call hangs, once it does. */
async function hanging(rig: Rig, fault: string, args: readonly string[], connects = true) {
  const env = rig.witnessed(fault);
  const program = connects ? rig.run(args, { env }) : rig.bare(args, { env });
  await program.until('the call that hangs', () =>
    rig.judged().some((line) => line.includes(' FAULT ')),
  );
  return program;
}

async function assertKept(rig: Rig): Promise<void> {
  await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst.partial'))));
}

suite('a destination that does not answer after Msg 3014', { concurrency: 3 }, () => {
  for (const [title, fault] of [
    ['the last fsync', `fsync:${hang}:3:s.zst.partial`],
    ['the name', `link:${hang}:1:s.zst.partial`],
  ] as const) {
    test(`${title}: a second Ctrl-C ends the run, the backup is kept and named`, () =>
      trial(['s.zst.partial'], async (rig) => {
        const program = await hanging(rig, fault, ['Sales', 's.zst']);
        const ended = await abort(program, 'SIGINT', 'SIGINT');
        assertFailed(ended, 130, /interrupted by Ctrl-C; .*kept as .*s\.zst\.partial/);
        assert.ok(ended.abortMs < generousMs, `the end took ${Math.round(ended.abortMs)} ms`);
        await assertKept(rig);
      }));
  }

  test('the stall timeout ends the run, the backup is kept and named', () =>
    trial(['s.zst.partial'], async (rig) => {
      const env = rig.witnessed(`link:${hang}:1`);
      const ended = await rig.run(['Sales', 's.zst', ...impatient], { env }).ended;
      assertFailed(ended, 12, /the destination is stuck .*kept as .*s\.zst\.partial/);
      await assertKept(rig);
    }));

  test('a left-over name that cannot be removed in time does not spoil the backup', () =>
    trial(['s.zst', 's.zst.partial'], async (rig) => {
      const env = rig.witnessed(`unlink:${hang}:1`);
      const ended = await rig.run(['Sales', 's.zst', ...impatient], { env }).ended;
      assertSucceeded(ended);
      assert.match(ended.stderr, /^warning: .*s\.zst\.partial may be left over/m);
    }));

  test('a disk that fails after Ctrl-C came too late: the words say where the backup is', () =>
    trial(['s.zst.partial'], async (rig) => {
      const program = await hanging(rig, 'link:sleep700:1;link:EIO:1', ['Sales', 's.zst']);
      assertFailed(await abort(program, 'SIGINT'), 8, /kept as .*s\.zst\.partial/);
      await assertKept(rig);
    }));
});

suite('a file that does not answer before any byte moves', { concurrency: 3 }, () => {
  test('the creation of the .partial: the stall timeout names the destination', () =>
    trial([], async (rig) => {
      const env = rig.witnessed(`open:${hang}:1:s.zst.partial`);
      const ended = await rig.run(['Sales', 's.zst', ...impatient], { env }).ended;
      assertFailed(ended, 12, /the destination is stuck/);
      assert.ok(!rig.server.statements.some((text) => /^BACKUP/.test(text)));
    }));

  // The first read finds out what it is, the eighth is of an opened file.
  for (const read of [1, 8])
    test(`read ${read} of a backup that a restore opens: the stall timeout names the source`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        const env = rig.witnessed(`pread:${hang}:${read}:s.zst`);
        const ended = await rig.run(['restore', 'Copy', 's.zst', ...impatient], { env }).ended;
        assertFailed(ended, 12, /the source is stuck/);
      }));

  test('a file before, which is to be replaced: the stall timeout names the destination', () =>
    trial(['s.zst'], async (rig) => {
      await writeFile(rig.path('s.zst'), 'yesterday');
      const env = rig.witnessed(`close:${hang}:1:s.zst`);
      const args = ['Sales', 's.zst', '--overwrite', ...impatient];
      assertFailed(await rig.run(args, { env }).ended, 12, /the destination is stuck/);
    }));
});

suite('extract, verify and drill', { concurrency: 3 }, () => {
  test('a signal ends a verification whose file does not answer before its first frame', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const program = await hanging(rig, `pread:${hang}:5:s.zst`, ['verify', 's.zst'], false);
      assertFailed(await abort(program, 'SIGINT'), 130, /interrupted by Ctrl-C/);
    }));

  test('a drill whose evidence cannot get its name leaves none of it', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const args = ['drill', 's.zst', '--junit', 'e.xml'];
      for (const fault of ['fsync:EIO:2', 'rename:EIO:1'])
        assertFailed(
          await rig.run(args, { env: rig.witnessed(fault) }).ended,
          8,
          /cannot write e\.xml/,
        );
    }));

  test('a signal ends a drill whose evidence does not get its name', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const args = ['drill', 's.zst', '--junit', 'e.xml'];
      const program = await hanging(rig, `rename:${hang}:1:e.xml`, args);
      assertFailed(await abort(program, 'SIGINT'), 130, /cannot write e\.xml: interrupted/);
    }));

  test('a signal ends an extract whose name does not come', () =>
    trial(['out.bak.partial', 's.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const fault = `link:${hang}:1:out.bak`;
      const program = await hanging(rig, fault, ['extract', 's.zst', 'out.bak'], false);
      const ended = await abort(program, 'SIGTERM');
      assertFailed(ended, 143, /terminated by SIGTERM; .*kept as .*out\.bak\.partial/);
      assert.ok(ended.abortMs < generousMs, `the end took ${Math.round(ended.abortMs)} ms`);
    }));

  test('an error of closing a file that was only read says nothing of it', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      for (const verb of ['verify', 'info']) {
        const env = rig.witnessed('close:EIO:1:s.zst');
        const { code, stderr } = await rig.bare([verb, 's.zst'], { env }).ended;
        assert.equal(code, 0, stderr);
      }
    }));
});
