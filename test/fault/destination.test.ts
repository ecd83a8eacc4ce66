// The destination fails in every way it can: exit 8, the true Win32 code for SQL Server, nothing left behind.

import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

/** SQL Server learned of the failure by a command completed with `win32`, before SignalAbort was called. */
function assertTold(rig: Rig, win32: number, command?: string): void {
  const [run] = rig.server.runs;
  assert.ok(run && run.errors.length > 0, 'SQL Server was told by a completion code');
  for (const error of run.errors) assert.equal(error.win32, win32, error.command);
  if (command) assert.equal(run.errors[0]?.command, command);
  const lines = rig.judged();
  const told = lines.findIndex((line) => line.includes(` code=${win32} `));
  const aborted = lines.findIndex((line) => / SignalAbort /.test(line));
  assert.ok(told >= 0 && (aborted < 0 || told < aborted), 'the completion code before SignalAbort');
}

/** The root cause is the error; SQL Server's words are told, but never as the reason. */
function assertServerWords(ended: Ended): void {
  assert.match(ended.stderr, /^sql: Msg (18210|3202), /m);
  assert.match(ended.stderr, /^sql: Msg 3013, /m);
  assert.ok(
    ended.stderr.indexOf('aborting: cannot') < ended.stderr.indexOf('sql: Msg 3013'),
    ended.stderr,
  );
  assert.doesNotMatch(ended.lastLine, /Msg/);
}

interface Case {
  readonly title: string;
  /** I/O witness, PROTOCOL.md. */
  readonly fault: string;
  readonly win32: number;
  readonly command?: string;
  readonly reason: RegExp;
  readonly args?: readonly string[];
  /** Slow enough for the failure to hit a Write. */
  readonly slow?: true;
}

const pace = ['--transfer-size', '64KiB', '--compress', 'none', '--threads', '1'];
const cases: readonly Case[] = [
  {
    title: 'a disk that is full at the end',
    fault: 'any-write:ENOSPC:3+',
    win32: 112,
    reason: /no space left/,
  },
  {
    title: 'a disk that is full in the middle',
    fault: 'any-write:ENOSPC:2+',
    win32: 112,
    command: 'Write',
    reason: /no space left/,
    slow: true,
  },
  { title: 'a quota that is used up', fault: 'any-write:EDQUOT:2+', win32: 112, reason: /quota/ },
  {
    title: 'a write error in the middle',
    fault: 'any-write:EIO:2',
    win32: 1117,
    command: 'Write',
    reason: /EIO/,
    slow: true,
  },
  { title: 'a write error in the header', fault: 'any-write:EIO:1', win32: 1117, reason: /EIO/ },
  {
    title: 'a disk that takes half and is full then',
    fault: 'any-write:short:4;any-write:ENOSPC:5+',
    win32: 112,
    reason: /no space left/,
  },
  {
    title: 'an fsync error at Flush',
    fault: 'fsync:EIO:1',
    win32: 1117,
    command: 'Flush',
    reason: /make durable/,
  },
  {
    title: 'a full disk at the fsync of Flush',
    fault: 'fsync:ENOSPC:1',
    win32: 112,
    command: 'Flush',
    reason: /make durable/,
  },
  {
    title: 'an fsync error at Complete',
    fault: 'fsync:EIO:2',
    win32: 1117,
    command: 'Complete',
    reason: /make durable/,
  },
];

suite('a destination that fails during the backup', { concurrency: 3 }, () => {
  for (const { title, fault, win32, command, reason, args = [], slow } of cases) {
    test(`${title}: exit 8, SQL Server is told ${win32}, yesterday's file stays`, () =>
      trial(['s.zst'], async (rig) => {
        await writeFile(rig.path('s.zst'), 'yesterday');
        if (slow) rig.server.fault({ slow: 4 });
        const all = ['Sales', 's.zst', '--overwrite', ...args, ...(slow ? pace : [])];
        const ended = await rig.run(all, { env: rig.witnessed(fault) }).ended;
        assertFailed(ended, 8, reason);
        assert.equal((await rig.read('s.zst')).toString(), 'yesterday');
        // In the header there is no command yet that could be completed with an error.
        if (/header/.test(title)) return;
        assertTold(rig, win32, command);
        assertServerWords(ended);
      }));
  }

  test('one of three stripes on a full disk ends the others, too', () =>
    trial([], async (rig) => {
      const files = ['s1.zst', 's2.zst', 's3.zst'];
      const env = rig.witnessed('any-write:ENOSPC:2+:s2.zst');
      const ended = await rig.run(['Sales', ...files], { env }).ended;
      assertFailed(ended, 8, /s2\.zst\.partial: no space left/);
      assertTold(rig, 112);
    }));

  for (const completeEnabled of [true, false]) {
    test(`short writes are carried on, not an error${completeEnabled ? '' : ' (no VDC_Complete)'}`, () =>
      trial(
        ['s.zst'],
        async (rig) => {
          assertSucceeded(
            await rig.run(['Sales', 's.zst'], { env: rig.witnessed('any-write:short:1+') }).ended,
          );
          await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
        },
        { completeEnabled },
      ));
  }

  test('an fsync error at the last Flush fails a backup without VDC_Complete', () =>
    trial(
      [],
      async (rig) => {
        const ended = await rig.run(['Sales', 's.zst'], { env: rig.witnessed('fsync:EIO:1') })
          .ended;
        assertFailed(ended, 8, /make durable/);
        assertTold(rig, 1117, 'Flush');
      },
      { completeEnabled: false },
    ));

  test('a folder that goes away is noticed before SQL Server is told that all is well', () =>
    trial([], async (rig) => {
      await mkdir(rig.path('gone'));
      rig.server.fault({ 'hold-flush': 400 });
      const program = rig.run(['Sales', 'gone/s.zst']);
      await program.until('bytes', () =>
        rig.judged().some((line) => /CompleteCommand .*=Write/.test(line)),
      );
      await rm(rig.path('gone'), { recursive: true });
      assertFailed(await program.ended, 8, /ENOENT/);
      assertTold(rig, 1117, 'Flush');
    }));

  test('a partial file that somebody else removed is noticed, too', () =>
    trial([], async (rig) => {
      rig.server.fault({ 'hold-complete': 400 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('Flush', () =>
        rig.judged().some((line) => /CompleteCommand .*=Flush/.test(line)),
      );
      await rm(rig.path('s.zst.partial'));
      assertFailed(await program.ended, 8, /ENOENT/);
      assertTold(rig, 1117, 'Complete');
    }));
});

suite('a destination that fails before the backup', { concurrency: 3 }, () => {
  for (const [title, fault, reason, stale] of [
    ['a partial file that cannot be created', 'open:EACCES:1:.partial', /permission denied/, false],
    [
      'a stale partial file that cannot be removed',
      'unlink:EIO:1',
      /cannot replace s\.zst\.partial/,
      true,
    ],
  ] as const) {
    test(`${title}: exit 8, no BACKUP is sent`, () =>
      trial(stale ? ['s.zst.partial'] : [], async (rig) => {
        if (stale) await writeFile(rig.path('s.zst.partial'), 'of a dead run');
        const { ended } = rig.run(['Sales', 's.zst'], { env: rig.witnessed(fault) });
        assertFailed(await ended, 8, reason);
        assert.ok(!rig.server.statements.some((text) => /^BACKUP/.test(text)));
      }));
  }

  test('a partial file of a dead run is replaced, not continued', () =>
    trial(['s.zst'], async (rig) => {
      await writeFile(rig.path('s.zst.partial'), 'half of another backup');
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));
});

// From Msg 3014 on SQL Server counts on the backup: it must fail loudly and must not be thrown away.
suite('a destination that fails after SQL Server has finished', { concurrency: 3 }, () => {
  const late: [string, string, readonly string[]][] = [
    ['an fsync error in the last words', 'fsync:EIO:3', []],
    ['a folder that cannot be synced', 'fsync:EIO:4', []],
    ['a link failure', 'link:EIO:1', []],
    ['a rename failure', 'rename:EIO:1', ['--overwrite']],
  ];
  for (const [title, fault, args] of late) {
    test(`${title}: exit 8, nothing under the final name, the backup is kept and the words say where`, () =>
      trial(['s.zst.partial'], async (rig) => {
        const ended = await rig.run(['Sales', 's.zst', ...args], { env: rig.witnessed(fault) })
          .ended;
        assertFailed(ended, 8, /kept as .*s\.zst\.partial/);
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst.partial'))));
      }));
  }

  test('a stripe that cannot get its name takes the name of its sibling away again', () =>
    trial(['a.zst.partial', 'b.zst', 'b.zst.partial'], async (rig) => {
      rig.server.fault({ 'delay-3014': 500 });
      const program = rig.run(['Sales', 'a.zst', 'b.zst']);
      await program.until('Close', () =>
        rig.judged().some((line) => / Close -> NOERROR/.test(line)),
      );
      await writeFile(rig.path('b.zst'), 'somebody else');
      assertFailed(await program.ended, 8, /appeared meanwhile/);
    }));

  test('a file system without hard links gets a rename', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(
        await rig.run(['Sales', 's.zst'], { env: rig.witnessed('link:EPERM:1') }).ended,
      );
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));

  test('a file that appeared meanwhile is not replaced: exit 8, both are there', () =>
    trial(['s.zst', 's.zst.partial'], async (rig) => {
      rig.server.fault({ 'delay-3014': 500 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('Close', () =>
        rig.judged().some((line) => / Close -> NOERROR/.test(line)),
      );
      await writeFile(rig.path('s.zst'), 'somebody else');
      assertFailed(await program.ended, 8, /appeared meanwhile/);
      assert.equal((await rig.read('s.zst')).toString(), 'somebody else');
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst.partial'))));
    }));

  test('an error of close comes after the fsync: it says nothing about the bytes', () =>
    trial(['s.zst'], async (rig) => {
      const env = rig.witnessed('close:EIO:1:.partial');
      assertSucceeded(await rig.run(['Sales', 's.zst'], { env }).ended);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));

  test('a second name that cannot be removed does not spoil the backup, and a warning names it', () =>
    trial(['s.zst', 's.zst.partial'], async (rig) => {
      const env = rig.witnessed('unlink:EIO:1+');
      const ended = await rig.run(['Sales', 's.zst'], { env }).ended;
      assertSucceeded(ended);
      assert.match(ended.stderr, /^warning: \S+s\.zst\.partial could not be removed/m);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
    }));

  test('a partial file that an abort cannot remove is named in a warning', () =>
    trial(['s.zst.partial'], async (rig) => {
      const env = rig.witnessed('fsync:EIO:1;unlink:EIO:1+');
      const ended = await rig.run(['Sales', 's.zst'], { env }).ended;
      assertFailed(ended, 8, /make durable/);
      assert.match(ended.stderr, /^warning: a \.partial file could not be removed/m);
    }));
});

suite('standard output that goes away', { concurrency: 3 }, () => {
  for (const compress of ['zstd', 'none']) {
    test(`ends the backup with exit 8 and 109 (--compress ${compress})`, () =>
      trial([], async (rig) => {
        rig.server.fault({ slow: 5 });
        const args = ['Sales', '-', '--compress', compress, '--transfer-size', '64KiB'];
        const program = rig.run(args, { unreadStdout: true });
        program.child.stdout?.once('data', () => program.child.stdout?.destroy());
        assertFailed(await program.ended, 8, /broken pipe|EPIPE|closed/);
        assertTold(rig, 109);
      }));
  }
});
