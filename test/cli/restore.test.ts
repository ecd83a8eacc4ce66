// The way back: what SQL Server is given on a restore is what it sent on the backup, whatever the number of devices,
// the form the backup is stored in and the server's habits.

import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import zstd from 'zstd-napi/binding.js';
import type { Ended, Program } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { Fault } from '../standin/fault.ts';

const MiB = 1024 * 1024;
const size = String.raw`\d+(\.\d+)? (B|[KMGTP]iB)`;
const okLine = new RegExp(
  `^OK (?<database>.+) restore ${size} -> ${size} in [\\dhms.]+ ${size}/s file=(?<files>\\S+) state=(?<state>[A-Z]+)$`,
);

function assertRestored({ code, stderr, lastLine }: Ended, state = 'ONLINE'): void {
  assert.equal(code, 0, stderr);
  assert.equal(okLine.exec(lastLine)?.groups?.state, state, lastLine);
}

function stripes(count: number, end: string): string[] {
  return Array.from({ length: count }, (_, stripe) => `s${stripe + 1}${end}`);
}

/** What each device was given on the restore against what it sent on the backup. */
async function assertSameBytes(rig: Rig, restored: string, devices: number): Promise<void> {
  for (let device = 0; device < devices; device += 1) {
    const sent = await rig.server.expectedBytes('Sales', devices, device);
    assert.deepEqual(await rig.server.expectedBytes(restored, devices, device), sent);
  }
}

async function backUp(rig: Rig, files: readonly string[], ...args: string[]): Promise<void> {
  assertSucceeded(await rig.run(['Sales', ...files, ...args]).ended);
}

function restores(rig: Rig): string[] {
  return rig.server.statements.filter((text) => /^RESTORE (DATABASE|LOG)/.test(text));
}

suite('a restore gives back exactly the bytes', { concurrency: 2 }, () => {
  for (const devices of [1, 3, 8]) {
    for (const [how, end] of [
      ['zstd', '.bak.zst'],
      ['none', '.bak'],
    ] as const) {
      test(`of ${devices} device(s), stored with ${how}, named in any order`, () => {
        const files = stripes(devices, end);
        return trial(files, async (rig) => {
          await backUp(rig, files, '--compress', how, '--block-size', '4096');
          assertRestored(await rig.run(['restore', 'Copy', ...files.toReversed()]).ended);
          await assertSameBytes(rig, 'Copy', devices);
          const [statement = ''] = restores(rig);
          assert.match(statement, /BLOCKSIZE = 4096/);
          assert.match(statement, /MOVE N'Sales' TO N'\/var\/opt\/mssql\/data\/Copy_Sales.mdf'/);
        });
      });
    }
  }

  const habits: [string, Fault][] = [
    ['reads of one block', { tiny: 4096 }],
    ['reads of mixed sizes', { mixed: 4711 }],
    ['buffers that are untouchable once a command is completed', { guard: 1 }],
    ['a command of a later version in the middle', { 'unknown-command': `77:${4 * MiB}` }],
  ];
  for (const [title, fault] of habits)
    for (const completeEnabled of [true, false])
      test(`to a server with ${title}${completeEnabled ? '' : ', without VDC_Complete'}`, () => {
        const files = stripes(3, '.zst');
        const body = async (rig: Rig) => {
          await backUp(rig, files, '--block-size', '4096');
          rig.server.fault(fault.guard ? fault : {});
          rig.server.fault(fault);
          assertRestored(await rig.run(['restore', 'Copy', ...files]).ended);
          await assertSameBytes(rig, 'Copy', 3);
        };
        return trial(files, body, { completeEnabled });
      });

  test('of a zstd file that another program made of a native backup', () =>
    trial(['s.bak', 's.bak.zst'], async (rig) => {
      await backUp(rig, ['s.bak'], '--compress', 'none');
      const raw = await rig.read('s.bak');
      const packed = Buffer.alloc(zstd.compressBound(raw.length));
      const length = new zstd.CCtx().compress(packed, raw, 3);
      await writeFile(rig.path('s.bak.zst'), packed.subarray(0, length));
      assertRestored(await rig.run(['restore', 'Copy', 's.bak.zst']).ended);
      await assertSameBytes(rig, 'Copy', 1);
    }));

  test('of a database of a few kilobytes', () => {
    const streams = { kind: 'generate', bytes: 1 } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['s.zst']);
      assertRestored(await rig.run(['restore', 'Copy', 's.zst']).ended);
      await assertSameBytes(rig, 'Copy', 1);
    };
    return trial(['s.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });
});

/** Of the last skippable frame but the seek table. */
const trailerMagic = Buffer.from('502a4d18', 'hex');

/** Writes `bytes` in pieces of uneven sizes, as a network does. */
async function pour(program: Program, bytes: Buffer): Promise<void> {
  const { stdin } = program.child;
  stdin?.on('error', () => undefined);
  for (let at = 0, piece = 1; at < bytes.length; at += piece) {
    piece = Math.min(1 + ((piece * 7919) % 700_001), bytes.length - at);
    if (!stdin?.write(bytes.subarray(at, at + piece)))
      await new Promise((resolve) => stdin?.once('drain', resolve));
  }
  stdin?.end();
}

suite('a restore from standard input', { concurrency: 2 }, () => {
  for (const [how, name] of [
    ['zstd', 's.zst'],
    ['none', 's.bak'],
  ] as const) {
    test(`takes a pipe (${how}), its head twice`, () =>
      trial([name], async (rig) => {
        await backUp(rig, [name], '--compress', how);
        const program = rig.run(['restore', 'Copy', '-'], { stdin: 'pipe' });
        await pour(program, await rig.read(name));
        assertRestored(await program.ended);
        await assertSameBytes(rig, 'Copy', 1);
      }));

    test(`takes a file that the shell opened (${how})`, () =>
      trial([name], async (rig) => {
        await backUp(rig, [name], '--compress', how);
        const stdin = openSync(rig.path(name), 'r');
        assertRestored(await rig.run(['restore', 'Copy', '-'], { stdin }).ended);
        closeSync(stdin);
        await assertSameBytes(rig, 'Copy', 1);
      }));
  }

  test('takes a pipe that is longer than what is kept of its beginning', () => {
    const streams = { kind: 'generate', bytes: 80 * MiB } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['s.bak'], '--compress', 'none');
      const program = rig.run(['restore', 'Copy', '-'], { stdin: 'pipe' });
      await pour(program, await rig.read('s.bak'));
      assertRestored(await program.ended);
      await assertSameBytes(rig, 'Copy', 1);
    };
    return trial(['s.bak'], body, { databases: [{ name: 'Sales', streams }] });
  });

  test('that ends before its trailer fails, and SQL Server never hears of an end', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      const whole = await rig.read('s.zst');
      for (const [cut, reason] of [
        [whole.lastIndexOf(trailerMagic), /without a trailer/],
        [whole.length - 20_000, /cut short/],
        [Math.floor(whole.length / 2), /cut short/],
      ] as const) {
        const program = rig.run(['restore', 'Copy', '-', '--replace'], { stdin: 'pipe' });
        await pour(program, whole.subarray(0, cut));
        assertFailed(await program.ended, 9, reason);
        const reads = rig.judged().filter((line) => / CompleteCommand .*=Read /.test(line));
        assert.ok(
          reads.every((line) => !line.includes('code=38 ')),
          reads.at(-1),
        );
      }
    }));

  test('that is empty, and one that never says anything', () =>
    trial([], async (rig) => {
      assertFailed(await rig.run(['restore', 'Copy', '-']).ended, 9, /standard input is empty/);
      const silent = rig.run(['restore', 'Copy', '-'], { stdin: 'pipe' });
      await new Promise((resolve) => setTimeout(resolve, 700));
      silent.signal('SIGINT');
      assertFailed(await silent.ended, 130, /Ctrl-C/);
    }));
});

suite('a restore', { concurrency: 2 }, () => {
  test('in a dry run shows the statement and touches nothing', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      const before = rig.judged().length;
      const args = ['restore', 'Copy', 's.zst', '-n', '--data-dir', 'D:\\data', '--norecovery'];
      const { code, stderr, lastLine } = await rig.run(args).ended;
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^RESTORE DATABASE \[Copy\] FROM .* MOVE N'Sales' TO N'D:\\data\\Copy_Sales.mdf', .*NORECOVERY, /m,
      );
      assert.equal(lastLine, 'OK Copy restore dry run, nothing was touched file=s.zst');
      assert.deepEqual(restores(rig), []);
      assert.equal(rig.judged().length, before);
    }));

  test('shows no password of the backup itself', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      const options = "MEDIAPASSWORD = 'geheim', PASSWORD=N'to''p secret'";
      const args = ['restore', 'Copy', 's.zst', '--with', options, '-n'];
      const { code, stderr } = await rig.run(args).ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /MEDIAPASSWORD = '\*\*\*', PASSWORD=N'\*\*\*'/);
    }));

  test('replaces a database only when it is told to', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      assertFailed(await rig.run(['restore', 'Sales', 's.zst']).ended, 6, /already \(ONLINE\)/);
      assert.deepEqual(restores(rig), []);
      assertRestored(await rig.run(['restore', 'Sales', 's.zst', '--replace']).ended);
      assert.match(restores(rig)[0] ?? '', /, REPLACE, RECOVERY,/);
    }));

  test('of a full backup left open takes a log afterwards', () => {
    const streams = { kind: 'generate', bytes: 4 * MiB } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['full.zst'], '--type', 'full');
      await backUp(rig, ['log.zst'], '--type', 'log');
      assertFailed(await rig.run(['restore', 'Copy', 'log.zst']).ended, 6, /no full backup/);
      assertRestored(
        await rig.run(['restore', 'Copy', 'full.zst', '--norecovery']).ended,
        'RESTORING',
      );
      assertRestored(await rig.run(['restore', 'Copy', 'log.zst']).ended);
      const [first = '', second = ''] = restores(rig);
      assert.match(first, /NORECOVERY/);
      assert.match(second, /^RESTORE LOG \[Copy\] .*WITH RECOVERY/);
    };
    return trial(['full.zst', 'log.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });

  test('whose logs end before the point to stop at does not call the database restored', () => {
    const streams = { kind: 'generate', bytes: 4 * MiB } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['full.zst'], '--type', 'full');
      await backUp(rig, ['log.zst'], '--type', 'log');
      const args = ['full.zst', 'log.zst', '--stop-at', '2999-01-01 00:00'];
      const ended = await rig.run(['restore', 'Copy', ...args]).ended;
      assertFailed(ended, 6, /\[Copy\] is still RESTORING: the log backups end before 2999/);
      assert.match(ended.stderr, /RESTORE DATABASE \[Copy\] WITH RECOVERY;/);
      assert.doesNotMatch(ended.stderr, /DROP DATABASE/);
      assertFailed(await rig.run(['drill', ...args]).ended, 6, /still RESTORING/);
      const open = ['restore', 'Copy', '--replace', '--norecovery', ...args];
      assertRestored(await rig.run(open).ended, 'RESTORING');
    };
    return trial(['full.zst', 'log.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });

  test('of a set that a pipe does not show at once is refused', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      const program = rig.run(['restore', 'Copy', '-', '--with', 'FILE = 2'], { stdin: 'pipe' });
      program.child.stdin?.on('error', () => undefined).end(await rig.read('s.zst'));
      assertFailed(await program.ended, 2, /position 2 .* cannot be seen in the head of a pipe/);
      const named = await rig.run(['restore', 'Copy', 's.zst', '--with', 'FILE = 2']).ended;
      assertFailed(named, 2, /FILE = 2, but .*s\.zst holds 1 backup set/);
      assert.deepEqual(restores(rig), []);
    }));

  test('speaks JSON to the last line', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      const { stderr } = await rig.run(['restore', 'Copy', 's.zst', '--json']).ended;
      const events = stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const { event, exitCode, job, database, state, rawBytes } = events.at(-1);
      const { length } = await rig.server.expectedBytes('Copy');
      assert.deepEqual(
        { event, exitCode, job, database, state, rawBytes },
        {
          event: 'summary',
          exitCode: 0,
          job: 'restore',
          database: 'Copy',
          state: 'ONLINE',
          rawBytes: length,
        },
      );
    }));
});

interface BadInput {
  readonly title: string;
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly reason: RegExp;
  /** Makes `bad` of a good archive. */
  readonly spoil?: (archive: Buffer) => Buffer;
}

const flip = (archive: Buffer, at: number) => {
  const spoilt = Buffer.from(archive);
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ 0xff, at);
  return spoilt;
};
const bad = ['restore', 'Copy', 'bad'];

/** Refused before SQL Server is asked anything. */
const badInputs: readonly BadInput[] = [
  {
    title: 'a file that is not there',
    args: ['restore', 'Copy', 'none.zst'],
    exitCode: 8,
    reason: /none\.zst/,
  },
  { title: 'a folder', args: ['restore', 'Copy', '.'], exitCode: 8, reason: /a folder/ },
  {
    title: 'a stripe too few',
    args: ['restore', 'Copy', 'a1.zst'],
    exitCode: 2,
    reason: /stripe 2 of 2 .* was not named/,
  },
  {
    title: 'a stripe twice',
    args: ['restore', 'Copy', 'a1.zst', 'a1.zst', 'a2.zst'],
    exitCode: 2,
    reason: /stripe 1 .*named twice/,
  },
  {
    title: 'stripes of two sets',
    args: ['restore', 'Copy', 'a1.zst', 'b2.zst'],
    exitCode: 2,
    reason: /was not named/,
  },
  {
    title: 'two whole full backups',
    args: ['restore', 'Copy', 'a1.zst', 'a2.zst', 'b1.zst', 'b2.zst'],
    exitCode: 2,
    reason: /several full backups/,
  },
  {
    title: 'an empty file',
    args: bad,
    spoil: () => Buffer.alloc(0),
    exitCode: 9,
    reason: /is empty/,
  },
  {
    title: 'a file of something else',
    args: bad,
    spoil: () => Buffer.from('PK\x03\x04 something else'),
    exitCode: 9,
    reason: /is not a backup: it is a zip archive/,
  },
  {
    title: 'an archive without its end',
    args: bad,
    spoil: (archive) => archive.subarray(0, -30_000),
    exitCode: 9,
    reason: /not a finished backup/,
  },
  {
    title: 'an archive with a damaged seek table',
    args: bad,
    spoil: (archive) => flip(archive, archive.length - 8),
    exitCode: 9,
    reason: /bad/,
  },
  {
    title: 'an archive with a damaged header',
    args: bad,
    spoil: (archive) => flip(archive, 20),
    exitCode: 9,
    reason: /bad/,
  },
  {
    title: '--stop-at without logs',
    args: ['restore', 'Copy', 'a1.zst', 'a2.zst', '--stop-at', '2026-05-01 12:00'],
    exitCode: 2,
    reason: /--stop-at needs log backups/,
  },
  {
    title: '--stop-at with no time',
    args: ['restore', 'Copy', 'a1.zst', '--stop-at', '2026-02-30'],
    exitCode: 2,
    reason: /--stop-at must be/,
  },
  {
    title: '--move without a path',
    args: ['restore', 'Copy', 'a1.zst', '--move', 'Sales'],
    exitCode: 2,
    reason: /LOGICAL=PATH/,
  },
  {
    title: '--standby beside --norecovery',
    args: ['restore', 'Copy', 'a1.zst', '--standby', '/x', '--norecovery'],
    exitCode: 2,
    reason: /exclude each other/,
  },
  {
    title: '--data-dir that is relative',
    args: ['restore', 'Copy', 'a1.zst', '--data-dir', 'data'],
    exitCode: 2,
    reason: /absolute path/,
  },
  {
    title: 'stdin beside a file',
    args: ['restore', 'Copy', '-', 'a1.zst'],
    exitCode: 2,
    reason: /one stream/,
  },
  { title: 'no file', args: ['restore', 'Copy'], exitCode: 2, reason: /no file named/ },
  {
    title: 'a database without a name',
    args: ['restore', ' ', 'a1.zst'],
    exitCode: 2,
    reason: /a database name/,
  },
];

test('bad input of a restore is refused before SQL Server is asked anything', async (context) => {
  const files = ['a1.zst', 'a2.zst', 'b1.zst', 'b2.zst'];
  await trial([...files, 'bad'], async (rig) => {
    await backUp(rig, ['a1.zst', 'a2.zst']);
    await backUp(rig, ['b1.zst', 'b2.zst']);
    const archive = await rig.read('a1.zst');
    const before = rig.server.statements.length;
    await writeFile(rig.path('bad'), '');
    for (const { title, args, spoil, exitCode, reason } of badInputs)
      await context.test(title, async () => {
        if (spoil) await writeFile(rig.path('bad'), spoil(archive));
        assertFailed(await rig.run(args).ended, exitCode, reason);
        assert.equal(rig.server.statements.length, before, 'statements sent');
      });
  });
});

suite('a restore that SQL Server cannot carry out is explained:', { concurrency: 2 }, () => {
  const cases: [string, Fault, number, RegExp, RegExp][] = [
    [
      'another block size',
      {
        error: {
          number: 3284,
          text: "Filemark on device 'x' is not aligned appropriately. Reissue the Restore statement with the same block size used to create the backupset: '4096' looks like a possible value.",
        },
      },
      7,
      /Msg 3284/,
      /--block-size 4096/,
    ],
    [
      'another transfer size',
      {
        error: {
          number: 3199,
          text: 'RESTORE requires MAXTRANSFERSIZE=1048576 but 65536 was specified.',
        },
      },
      7,
      /Msg 3199/,
      /--transfer-size 1048576/,
    ],
    [
      'an error in the middle',
      { 'error-at': 9_000_000, error: { number: 3183, text: 'Bad page.' } },
      9,
      /Msg 3183/,
      /database \[Copy\] was left RESTORING/,
    ],
    [
      'no word of success',
      { 'no-3014': true },
      7,
      /without saying that it succeeded/,
      /database \[Copy\] is ONLINE/,
    ],
    [
      'devices configured for writing',
      { 'direction-bit': 'write' },
      5,
      /for the other direction/,
      /hint: Another statement used the name of this device set: run the restore again\./,
    ],
    [
      'a lost connection',
      { 'vanish-at': 9_000_000, slow: 100 },
      4,
      /connection to SQL Server was lost/,
      /could not be asked/,
    ],
  ];
  for (const [title, fault, exitCode, reason, words] of cases)
    test(title, () =>
      trial(['s.zst'], async (rig) => {
        await backUp(rig, ['s.zst']);
        rig.server.fault({});
        rig.server.fault(fault);
        const ended = await rig.run(['restore', 'Copy', 's.zst']).ended;
        assertFailed(ended, exitCode, reason);
        assert.match(ended.stderr, words);
      }),
    );

  // The list of files comes from before the damage, although it is found while that is read.
  for (const [place, part] of [
    ['near its start', 0.3],
    ['in the middle', 0.7],
  ] as const)
    test(`an archive damaged ${place}, with our own words and never an end`, () =>
      trial(['s.zst', 'bad.zst'], async (rig) => {
        await backUp(rig, ['s.zst']);
        const archive = await rig.read('s.zst');
        rig.server.fault({ slow: 150 });
        await writeFile(rig.path('bad.zst'), flip(archive, Math.floor(archive.length * part)));
        const ended = await rig.run(['restore', 'Copy', 'bad.zst']).ended;
        assertFailed(ended, 9, /bad\.zst is damaged: frame \d+/);
        assert.match(ended.stderr, /database \[Copy\] was left RESTORING/);
        const run = rig.server.runs.at(-1);
        assert.deepEqual(
          run?.errors.map(({ command, win32 }) => [command, win32]),
          [['Read', 30]],
        );
      }));
});
