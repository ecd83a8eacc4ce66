// verify --verifyonly: the files by themselves first, then SQL Server's own word about every backup set in them.

import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import zstd from 'zstd-napi/binding.js';
import type { VerifyReport } from '../../src/job/verify/verify-report.ts';
import { abort, assertServerFree, generousAbortMs } from '../rig/aborting.ts';
import { appended } from '../rig/media-set.ts';
import { enter } from '../rig/phases.ts';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import { verifyPhases } from '../rig/verify-phases.ts';
import type { Fault } from '../standin/fault.ts';

const MiB = 1024 * 1024;
const damagedSet = { number: 3189, text: 'Damage to the backup set was detected.' };

function assertValid({ code, stderr, lastLine }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, /^OK verify .+ file=.+ server=valid$/);
  assert.match(stderr, /^sql: Msg 3262, Level \d+: The backup set on file 1 is valid\.$/m);
}

function verify(rig: Rig, ...args: string[]): Promise<Ended> {
  return rig.run(['verify', '--verifyonly', ...args]).ended;
}

async function backUp(rig: Rig, files: readonly string[], ...args: string[]): Promise<void> {
  assertSucceeded(await rig.run(['Sales', ...files, ...args]).ended);
}

/** What reached SQL Server: its own statements only, without the checks before them. */
function asked(rig: Rig): string[] {
  return rig.server.statements.filter((text) => text.startsWith('RESTORE'));
}

/** The last statement was given every byte that the backup of so many devices had sent. */
async function assertAllRead(rig: Rig, devices: number): Promise<void> {
  const run = rig.server.runs.at(-1);
  assert.equal(run?.operation, 'VERIFY DATABASE');
  assert.equal(run?.devices.length, devices);
  for (const [index, device] of run.devices.entries())
    assert.deepEqual(await device.bytes(), await rig.server.expectedBytes('Sales', devices, index));
}

function reportOf({ stdout, stderr }: Ended): VerifyReport {
  assert.notEqual(stdout.length, 0, stderr);
  return JSON.parse(stdout.toString());
}

/** Flips one bit in the middle of a file that may be open elsewhere. */
async function damage(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const at = Math.floor((await file.stat()).size / 2);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
  } finally {
    await file.close();
  }
}

/** One frame without a table of contents, as other programs write it. */
function zstdOf(bytes: Buffer): Buffer {
  const frame = Buffer.alloc(zstd.compressBound(bytes.length));
  return frame.subarray(0, new zstd.CCtx().compress(frame, bytes, 1));
}

suite('verify --verifyonly asks SQL Server for', { concurrency: 2 }, () => {
  for (const devices of [1, 3])
    for (const [how, end] of [
      ['zstd', '.bak.zst'],
      ['none', '.bak'],
    ] as const) {
      const files = Array.from({ length: devices }, (_, stripe) => `s${stripe + 1}${end}`);
      test(`${devices} stripe(s), stored with ${how}, named in any order`, () =>
        trial(files, async (rig) => {
          await backUp(rig, files, '--compress', how, '--block-size', '4096');
          assertValid(await verify(rig, ...files.toReversed()));
          const [statement = '', ...more] = asked(rig);
          const name = "VIRTUAL_DEVICE = N'[^']+'";
          const names = Array.from({ length: devices }, () => name).join(', ');
          const options = 'CHECKSUM, BLOCKSIZE = 4096, STATS = 1';
          assert.match(statement, new RegExp(`^RESTORE VERIFYONLY FROM ${names} WITH ${options}$`));
          assert.deepEqual(more, []);
          await assertAllRead(rig, devices);
        }));
    }

  test('a .zst that another program made of a native backup without checksums', () =>
    trial(['s.bak', 's.zst'], async (rig) => {
      await backUp(rig, ['s.bak'], '--compress', 'none', '--no-checksum');
      const raw = await rig.read('s.bak');
      const packed = Buffer.alloc(zstd.compressBound(raw.length));
      const length = new zstd.CCtx().compress(packed, raw, 3);
      await writeFile(rig.path('s.zst'), packed.subarray(0, length));
      assertValid(await verify(rig, 's.zst'));
      assert.match(asked(rig)[0] ?? '', / WITH STATS = 1$/);
      await assertAllRead(rig, 1);
    }));

  test('a backup with the sizes that the command line says', () =>
    trial(['s.bak'], async (rig) => {
      await backUp(rig, ['s.bak'], '--compress', 'none');
      const sizes = ['--block-size', '4096', '--transfer-size', '1MiB'];
      await verify(rig, 's.bak', ...sizes);
      const options = 'CHECKSUM, BLOCKSIZE = 4096, MAXTRANSFERSIZE = 1048576, STATS = 1';
      assert.match(asked(rig)[0] ?? '', new RegExp(` WITH ${options}$`));
      const alone = await rig.bare(['verify', 's.bak', ...sizes]).ended;
      assertFailed(alone, 2, /-size is about SQL Server, which verify asks only with --verifyonly/);
    }));

  test('every backup set of a media set, and every media set', () =>
    trial(['a.bak', 'b.bak', 'both.bak'], async (rig) => {
      await backUp(rig, ['a.bak'], '--compress', 'none', '--type', 'full');
      await backUp(rig, ['b.bak'], '--compress', 'none', '--type', 'log', '--no-checksum');
      const both = appended(await rig.read('a.bak'), await rig.read('b.bak'));
      await writeFile(rig.path('both.bak'), both);
      const ended = await verify(rig, 'both.bak', 'b.bak', '--json');
      assert.equal(ended.code, 0, ended.stderr);
      assert.deepEqual(
        asked(rig).map((text) => text.replace(/^.* WITH /, '')),
        ['CHECKSUM, STATS = 1, FILE = 1', 'STATS = 1, FILE = 2', 'STATS = 1'],
      );
      const { good, server } = reportOf(ended);
      assert.deepEqual([good, server?.outcome], [true, 'valid']);
      assert.deepEqual(
        server?.sets.map(({ position, outcome, checksum, messages }) => [
          position,
          outcome,
          checksum,
          messages.map(({ text }) => text).join(),
        ]),
        [
          [1, 'valid', true, 'The backup set on file 1 is valid.'],
          [2, 'valid', false, 'The backup set on file 2 is valid.'],
          [1, 'valid', false, 'The backup set on file 1 is valid.'],
        ],
      );
    }));

  test('every backup set that was counted, also where only reading the whole file finds it', () =>
    trial(['a.bak', 'b.bak', 'both.zst'], async (rig) => {
      for (const file of ['a.bak', 'b.bak'])
        await backUp(rig, [file], '--compress', 'none', '--type', 'full');
      const both = appended(await rig.read('a.bak'), await rig.read('b.bak'));
      await writeFile(rig.path('both.zst'), zstdOf(both));
      const ended = await verify(rig, 'both.zst', '--json');
      assert.equal(ended.code, 0, ended.stderr);
      const positions = reportOf(ended).server?.sets.map(({ position }) => position);
      assert.deepEqual(positions, [1, 2]);
    }));
});

suite('verify --verifyonly says', { concurrency: 2 }, () => {
  test('that a file is damaged without asking SQL Server about it', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      await damage(rig.path('s.zst'));
      const ended = await verify(rig, 's.zst', '--json');
      assert.equal(ended.code, 9, ended.stderr);
      const { good, server } = reportOf(ended);
      assert.deepEqual([good, server?.outcome, server?.sets], [false, 'not-asked', []]);
      assert.match(server?.server?.version ?? '', /^\d+\./);
      assertFailed(await verify(rig, 's.zst'), 9, /1 of 1 files damaged/);
      assert.deepEqual(asked(rig), []);
    }));

  test('that a stripe is missing without asking SQL Server', () =>
    trial(['s1.zst', 's2.zst'], async (rig) => {
      await backUp(rig, ['s1.zst', 's2.zst']);
      assertFailed(await verify(rig, 's1.zst'), 2, /the set is not whole: stripe 2 of 2/);
      assert.deepEqual(asked(rig), []);
    }));

  test('what only SQL Server finds: exit 9, and the report tells it', () =>
    trial(['s.zst'], async (rig) => {
      await backUp(rig, ['s.zst']);
      rig.server.fault({ 'error-at': 8 * MiB, error: damagedSet });
      const ended = await verify(rig, 's.zst');
      assertFailed(ended, 9, /Msg 3189: Damage to the backup set was detected/);
      assert.doesNotMatch(ended.stderr, /^hint: .*verify FILE/m);
      rig.server.fault({ 'error-at': 8 * MiB, error: damagedSet });
      const { good, files, server } = reportOf(await verify(rig, 's.zst', '--json'));
      assert.deepEqual([good, files[0]?.good, server?.outcome], [false, true, 'damaged']);
      assert.deepEqual(
        server?.sets.map(({ outcome, messages }) => [outcome, messages.map((one) => one.number)]),
        [['damaged', [3189, 3013]]],
      );
    }));

  test('that a file was damaged after it was verified, and SQL Server hears no end of it', () => {
    // More than is read ahead while the statement waits.
    const streams = { kind: 'generate', bytes: 96 * MiB } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['s.zst']);
      rig.server.fault({ 'delay-begin': 1000 });
      const before = rig.judged().length;
      const program = rig.run(['verify', '--verifyonly', 's.zst', '--threads', '1']);
      await program.until('the statement', () => asked(rig).length > 0);
      await damage(rig.path('s.zst'));
      assertFailed(await program.ended, 9, /frame \d+ at byte \d+/);
      const reads = rig
        .judged()
        .slice(before)
        .filter((line) => / CompleteCommand .*=Read /.test(line));
      assert.ok(reads.length > 0);
      assert.deepEqual(
        reads.filter((line) => line.includes('code=38 ')),
        [],
      );
    };
    return trial(['s.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });

  const verdicts: [string, Fault, number, RegExp][] = [
    ['that SQL Server never called the set valid', { 'no-3014': true }, 7, /Msg 3262/],
    [
      'the error that came beside Msg 3262',
      { messages: [{ number: 3203, text: 'Read on "x" failed: 13(The data is invalid.)' }] },
      9,
      /Msg 3203: Read on/,
    ],
    [
      'another error of the statement',
      { error: { number: 3021, text: 'Cannot perform a backup or restore operation.' } },
      7,
      /Msg 3021/,
    ],
    ['that the connection was lost', { 'vanish-at': 2 * MiB, slow: 10 }, 4, /connection .* lost/],
    ['that SQL Server reads no further', { 'silence-at': 8 * MiB }, 12, /SQL Server is stuck/],
  ];
  for (const [what, fault, exitCode, reason] of verdicts)
    test(what, () =>
      trial(['s.zst'], async (rig) => {
        await backUp(rig, ['s.zst']);
        rig.server.fault(fault);
        const ended = await verify(rig, 's.zst', '--stall-timeout', '5s', '--json');
        const { exitCode: said, message } = JSON.parse(ended.lastLine);
        assert.deepEqual([ended.code, said], [exitCode, exitCode], ended.stderr);
        assert.match(message, reason);
        const { good, files, server } = reportOf(ended);
        const outcome = exitCode === 9 ? 'damaged' : 'failed';
        assert.deepEqual([good, files[0]?.good, server?.outcome], [false, true, outcome]);
        await assertServerFree(rig);
      }),
    );

  test('before it reads any file that the login is no sysadmin', () =>
    trial(
      [],
      async (rig) => {
        assertFailed(await verify(rig, 'missing.zst'), 5, /sysadmin/);
        assert.deepEqual([asked(rig), rig.judged()], [[], []]);
      },
      { sysadmin: false },
    ));

  test('before it reads any file that the password is wrong', () =>
    trial([], async (rig) => {
      const options = { env: { SQLCMDPASSWORD: 'wr0ng' } };
      const ended = await rig.run(['verify', '--verifyonly', 'missing.zst', '--json'], options)
        .ended;
      assert.equal(ended.code, 4, ended.stderr);
      assert.equal(ended.stdout.length, 0);
      assert.deepEqual(rig.judged(), []);
    }));

  test('before it reads any file that SQL Server runs on another machine', () =>
    trial([], async (rig) => assertFailed(await verify(rig, 'missing.zst'), 5, /ELSEWHERE/), {
      machineName: 'ELSEWHERE',
    }));

  test('that this SQL Server is too old for the backup', () =>
    trial(['s.zst'], async (newer) => {
      await backUp(newer, ['s.zst']);
      const older = async (rig: Rig) => {
        assertFailed(await verify(rig, newer.path('s.zst')), 5, /an older SQL Server cannot/);
        assert.deepEqual(asked(rig), []);
      };
      await trial([], older, { version: '11.0.7001.0' });
    }));

  test('which options belong to --verifyonly', () =>
    trial([], async (rig) => {
      for (const args of [['-U', 'sa'], ['-C'], ['--assume-local'], ['--stall-timeout', '1m']])
        assertFailed(
          await rig.bare(['verify', 's.zst', ...args]).ended,
          2,
          /only with --verifyonly/,
        );
      // What --server was once: every order in which somebody wrote it.
      for (const args of [
        ['--server', 's.zst'],
        ['--server', 's1.zst', 's2.zst'],
        ['--server', '-C', 's.zst'],
        ['s.zst', '--server'],
        ['-S', 'host', 's.zst'],
        ['--instance', 'host', '--server', 's.zst'],
      ])
        assertFailed(await rig.bare(['verify', ...args]).ended, 2, /is asked with --verifyonly/);
      assertFailed(await verify(rig, '-'), 2, /not stdin/);
      assertFailed(await verify(rig, 's.zst', '--stall-timeout', 'soon'), 2, /soon/);
    }));
});

suite('a signal ends verify --verifyonly in good order', { concurrency: 2 }, () => {
  for (const phase of verifyPhases)
    for (const signals of [['SIGINT'], ['SIGINT', 'SIGINT']] as const)
      test(`${signals.join(' and ')} ${phase.name}`, () =>
        trial(['s.zst'], async (rig) => {
          await backUp(rig, ['s.zst']);
          const program = await enter(rig, phase, ['verify', '--verifyonly', 's.zst']);
          const ended = await abort(program, ...signals);
          assertFailed(ended, 130, /interrupted by Ctrl-C/);
          assert.ok(
            ended.abortMs < generousAbortMs,
            `the end took ${Math.round(ended.abortMs)} ms`,
          );
          await assertServerFree(rig);
        }));
});
