// Chains of backups against a server that knows how far each database was rolled forward: points in time, recovery forks,
// logs that were restored before.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { writeArchive } from '../rig/make-archive.ts';
import { backupBytes } from '../rig/mtf-description.ts';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';
import type { MtfDescription } from '../standin/mtf-configuration.ts';

const bytes = 256 * 1024;
const forkB = 'B0000000-0000-4000-8000-00000000000B';
const leftFork = {
  id: 'FEB32F6F-4BC1-4180-B359-2E40E3FC5788',
  point: { file: 38, block: 152, slot: 1 },
};

/** 2026-05-01 of the server, which is where the test is. */
function at(time: string): Date {
  return new Date(`2026-05-01T${time}`);
}

function times(started: string, finished = started): Partial<MtfDescription> {
  return { started: at(started), finished: at(finished) };
}

/** The n-th log backup, from 0; each begins where the one before ended. */
function log(n: number, when: Partial<MtfDescription>): Partial<MtfDescription> {
  return { type: 'log', logsBefore: n, ...when };
}

const backups = {
  'full.bak': { type: 'full', ...times('17:00:00', '17:01:00') },
  'log1.trn': log(0, times('17:30:00')),
  'log2.trn': log(1, times('18:00:00', '18:02:00')),
  'log3.trn': log(2, times('18:05:00')),
  'log4.trn': log(3, times('18:30:00')),
  'fork2.trn': log(1, { ...times('19:00:00'), recoveryFork: forkB, leftFork }),
} as const satisfies Record<string, Partial<MtfDescription>>;
type Name = keyof typeof backups;

function chain(
  names: readonly Name[],
  body: (rig: Rig) => Promise<void>,
  options: Parameters<typeof trial>[2] = {},
): Promise<void> {
  return trial(
    names,
    async (rig) => {
      for (const name of names)
        await writeFile(
          join(rig.folder, name),
          backupBytes(bytes, backups[name], { mediaSetId: randomUUID().toUpperCase() }),
        );
      await body(rig);
    },
    options,
  );
}

function restores(rig: Rig): string[] {
  return rig.server.statements
    .filter((text) => /^RESTORE (DATABASE|LOG)/.test(text))
    .map((text) => text.replace(/ FROM .*? WITH/, ' WITH').replace(/MOVE N'.*? TO N'.*?', /g, ''));
}

function assertEnded({ code, stderr, lastLine }: Ended, state: string): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, new RegExp(`^OK .* state=${state}$`));
}

/** Events of a run with --json. */
function events({ stderr }: Ended): { readonly event: string; readonly percent?: number }[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function percents(ended: Ended): number[] {
  return events(ended).flatMap(({ event, percent }) =>
    event === 'progress' && percent !== undefined ? [percent] : [],
  );
}

suite('the progress of a chain', { concurrency: 2 }, () => {
  test('ends where the work ends, also when the last log is passed over', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn'], async (rig) => {
      const files = ['full.bak', 'log1.trn', 'log2.trn', '--norecovery', '--json'];
      for (const args of [files, files.slice(1)]) {
        if (args.length < files.length) {
          // SQL Server may say it before it reads anything.
          rig.server.fault({});
          rig.server.fault({ error: { number: 4326, text: 'Too early.' } });
        }
        const ended = await rig.run(['restore', 'Copy', ...args]).ended;
        assert.equal(ended.code, 0, ended.stderr);
        const said = percents(ended);
        assert.equal(said.at(-1), 100);
        assert.deepEqual(
          said,
          said.toSorted((a, b) => a - b),
        );
      }
    }));

  test('is not whole before the last backup', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn'], async (rig) => {
      rig.server.fault({});
      rig.server.fault({});
      rig.server.fault({});
      rig.server.fault({ 'delay-begin': 1200 });
      const ended = await rig.run(['restore', 'Copy', 'full.bak', 'log1.trn', 'log2.trn', '--json'])
        .ended;
      assert.equal(ended.code, 0, ended.stderr);
      const all = events(ended);
      const last = all.findLastIndex(({ event }) => event === 'restoring');
      const before = all.slice(last).filter(({ event }) => event === 'progress')[0];
      assert.ok((before?.percent ?? 100) < 100, JSON.stringify(before));
    }));

  test('ends with all that was asked, and with nothing to abort, where no log reaches the point', () =>
    chain(['full.bak', 'log1.trn'], async (rig) => {
      const args = ['full.bak', 'log1.trn', '--stop-at', '2026-05-01 18:00', '--json'];
      const ended = await rig.run(['restore', 'Copy', ...args]).ended;
      assert.equal(ended.code, 6, ended.stderr);
      assert.equal(percents(ended).at(-1), 100);
      assert.ok(!events(ended).some(({ event }) => event === 'aborting'), ended.stderr);
    }));
});

suite('a restore to a point in time', { concurrency: 2 }, () => {
  for (const [point, TZ] of [
    ['2026-05-01 18:01', 'UTC'],
    ['2026-05-01 20:01+02:00', 'UTC'],
    ['2026-05-01T18:01:00Z', 'Asia/Kolkata'],
    ['2026-05-01 14:01:00 -04:00', 'America/New_York'],
  ] as const)
    test(`${point} is a time of the server, wherever vdibackup thinks it is (${TZ})`, () =>
      chain(['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'], async (rig) => {
        assert.equal(new Date().getTimezoneOffset(), 0, 'the stand-in writes times of UTC');
        const files = ['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'];
        const args = ['restore', 'Copy', ...files, '--stop-at', point];
        const { code, stderr } = await rig.run([...args, '--dry-run'], { env: { TZ } }).ended;
        assert.equal(code, 0, stderr);
        assert.match(stderr, /STOPAT = N'2026-05-01T18:01:00'/);
        assertEnded(await rig.run(args, { env: { TZ } }).ended, 'ONLINE');
      }));

  test('in an hour that comes twice is warned of', () =>
    chain(['full.bak', 'log1.trn'], async (rig) => {
      const args = ['restore', 'Copy', 'full.bak', 'log1.trn', '-n', '--stop-at'];
      const env = { TZ: 'Atlantic/Azores' };
      for (const [point, isWarned] of [
        ['2026-10-25 00:30', true],
        ['2026-10-25 00:30-01:00', true],
        ['2026-10-25 01:30-01:00', false],
        ['2026-10-25 01:30', false],
      ] as const) {
        const { stderr } = await rig.run([...args, point], { env }).ended;
        const warned = /^warning: 2026-10-25T00:30:00 comes twice/m.test(stderr);
        assert.equal(warned, isWarned, `${point}: ${stderr}`);
      }
    }));

  test('goes on to the log that began after the point', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'], async (rig) => {
      const files = ['log3.trn', 'log1.trn', 'full.bak', 'log2.trn'];
      const stopAt = ['--stop-at', '2026-05-01 18:01'];
      assertEnded(await rig.run(['restore', 'Copy', ...files, ...stopAt]).ended, 'ONLINE');
      assert.equal(restores(rig).length, 4);
      const drill = await rig.run(['drill', ...files, ...stopAt]).ended;
      assert.equal(drill.code, 0, drill.stderr);
    }));

  test('names only what it restored in its last line', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'], async (rig) => {
      const files = ['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'];
      const ended = await rig.run(['restore', 'Copy', ...files, '--stop-at', '2026-05-01 17:30'])
        .ended;
      assertEnded(ended, 'ONLINE');
      assert.match(ended.lastLine, / file=full\.bak,log1\.trn /);
      assert.match(ended.stderr, /warning: log2\.trn is not needed/);
    }));

  test('takes the state of a quiet hour, in which nothing was logged after the point', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'], async (rig) => {
      rig.server.fault({});
      rig.server.fault({});
      rig.server.fault({});
      rig.server.fault({});
      rig.server.fault({ 'quiet-log': true });
      const files = ['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'];
      const ended = await rig.run(['restore', 'Copy', ...files, '--stop-at', '2026-05-01 18:01'])
        .ended;
      assertEnded(ended, 'ONLINE');
      assert.equal(restores(rig).at(-1), 'RESTORE DATABASE [Copy] WITH RECOVERY');
    }));

  test('with --norecovery ends where SQL Server is past the point', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn'], async (rig) => {
      const args = ['--stop-at', '2026-05-01 17:20', '--norecovery'];
      assertEnded(
        await rig.run(['restore', 'Copy', 'full.bak', 'log1.trn', ...args]).ended,
        'RESTORING',
      );
      const more = await rig.run(['restore', 'Copy', 'log2.trn', ...args]).ended;
      assertFailed(more, 6, /Msg 4338/);
      assert.match(more.stderr, /still RESTORING, as it was before this run/);
      assert.doesNotMatch(more.stderr, /DROP DATABASE|--replace/);
    }));

  test('that no log reaches does not call the database restored', () =>
    chain(['full.bak', 'log1.trn'], async (rig) => {
      const args = ['full.bak', 'log1.trn', '--stop-at', '2026-05-01 18:00'];
      assertFailed(await rig.run(['restore', 'Copy', ...args]).ended, 6, /still RESTORING/);
      const drill = await rig.run(['drill', ...args]).ended;
      assertFailed(drill, 6, /still RESTORING/);
      assert.doesNotMatch(drill.stderr, /WITH RECOVERY;|named alone/);
    }));
});

suite('a database that is continued', { concurrency: 2 }, () => {
  test('is given the logs that it does not have yet; the others are passed over', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'log3.trn'], async (rig) => {
      assertEnded(
        await rig.run(['restore', 'Copy', 'full.bak', 'log1.trn', '--norecovery']).ended,
        'RESTORING',
      );
      const ended = await rig.run(['restore', 'Copy', 'log1.trn', 'log2.trn', '--norecovery'])
        .ended;
      assertEnded(ended, 'RESTORING');
      assert.match(ended.stderr, /warning: log1\.trn is passed over/);
      assert.match(ended.lastLine, / file=log2\.trn /);
      // All of them were restored before: what is left to do is the recovery.
      assertEnded(await rig.run(['restore', 'Copy', 'log1.trn', 'log2.trn']).ended, 'ONLINE');
    }));

  test('is told which log is missing, and is neither dropped nor replaced', () =>
    chain(['full.bak', 'log3.trn'], async (rig) => {
      assertEnded(
        await rig.run(['restore', 'Copy', 'full.bak', '--norecovery']).ended,
        'RESTORING',
      );
      const ended = await rig.run(['restore', 'Copy', 'log3.trn', '--norecovery']).ended;
      assertFailed(ended, 6, /Msg 4305/);
      assert.match(ended.stderr, /hint: A log backup in between is missing/);
      assert.match(ended.stderr, /still RESTORING, as it was before this run/);
      assert.doesNotMatch(ended.stderr, /DROP DATABASE|--replace/);
    }));
});

test('a log that cannot follow leaves what was restored, and says so', () =>
  chain(['full.bak', 'log1.trn', 'log3.trn'], async (rig) => {
    rig.server.fault({});
    rig.server.fault({});
    rig.server.fault({ error: { number: 3101, text: 'In use.' } });
    const ended = await rig.run(['restore', 'Copy', 'full.bak', 'log1.trn']).ended;
    assertFailed(ended, 6, /Msg 3101/);
    assert.match(ended.stderr, /\[Copy\] was left RESTORING, with full\.bak restored/);
    assert.match(ended.stderr, /hint: Go on from there: name the remaining backups alone/);
  }));

test('a database that was to be replaced, and was not touched, is as it was', () =>
  chain(['full.bak'], async (rig) => {
    assertEnded(await rig.run(['restore', 'Copy', 'full.bak']).ended, 'ONLINE');
    rig.server.fault({});
    rig.server.fault({ error: { number: 3101, text: 'In use.' } });
    const ended = await rig.run(['restore', 'Copy', 'full.bak', '--replace']).ended;
    assertFailed(ended, 6, /Msg 3101/);
    assert.match(ended.stderr, /\[Copy\] is ONLINE, as it was before this run/);
  }));

suite('backups of two recovery forks', { concurrency: 2 }, () => {
  test('lead along the newest one', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'fork2.trn'], async (rig) => {
      const files = ['full.bak', 'log1.trn', 'log2.trn', 'fork2.trn'];
      const ended = await rig.run(['restore', 'Copy', ...files]).ended;
      assertEnded(ended, 'ONLINE');
      assert.match(ended.stderr, /warning: log2\.trn is left out: it was taken on a recovery fork/);
      assert.match(ended.lastLine, / file=full\.bak,log1\.trn,fork2\.trn /);
    }));

  test('lead along the one that is asked for', () =>
    chain(['full.bak', 'log1.trn', 'log2.trn', 'fork2.trn'], async (rig) => {
      const files = ['full.bak', 'log1.trn', 'log2.trn', 'fork2.trn'];
      const ended = await rig.run(['restore', 'Copy', ...files, '--fork', `{${leftFork.id}}`])
        .ended;
      assertEnded(ended, 'ONLINE');
      assert.match(ended.lastLine, / file=full\.bak,log1\.trn,log2\.trn /);
      const wrong = await rig.run(['restore', 'Copy', ...files, '--fork', 'B']).ended;
      assertFailed(wrong, 2, /--fork must be/);
    }));
});

suite('a chain with an archive whose first frame is damaged', { concurrency: 2 }, () => {
  for (const verb of ['restore', 'drill'] as const)
    test(`is damage (exit 9) for ${verb}, before SQL Server is asked to restore anything`, () =>
      chain(['full.bak', 'log1.trn'], async (rig) => {
        await writeArchive(rig.path('full.zst'), [await readFile(rig.path('full.bak'))]);
        const archive = await readFile(rig.path('full.zst'));
        const firstFrame = archive.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
        archive.fill(0xff, firstFrame + 4, firstFrame + 64);
        await writeFile(rig.path('full.zst'), archive);
        const target = verb === 'restore' ? ['Copy'] : [];
        const ended = await rig.run([verb, ...target, 'full.zst', 'log1.trn']).ended;
        assertFailed(ended, 9, /full\.zst is damaged: its first frame cannot be decompressed/);
        assert.deepEqual(restores(rig), []);
        await rm(rig.path('full.zst'));
      }));
});
