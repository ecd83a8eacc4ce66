// SQL Server fails, lies, falls silent or goes away: the right exit code, its own words, nothing left behind.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import type { Fault } from '../standin/fault.ts';

const MiB = 1024 * 1024;

interface Case {
  readonly title: string;
  readonly fault: Fault;
  readonly exitCode: number;
  readonly reason: RegExp;
  readonly args?: readonly string[];
}

function failing(title: string, cases: readonly Case[]): void {
  suite(title, { concurrency: 3 }, () => {
    for (const { title: what, fault, exitCode, reason, args = [] } of cases) {
      test(`${what}: exit ${exitCode}`, () =>
        trial([], async (rig) => {
          rig.server.fault(fault);
          assertFailed(await rig.run(['Sales', 's.zst', ...args]).ended, exitCode, reason);
          await assertFree(rig);
        }));
    }
  });
}

async function assertFree(rig: Rig): Promise<void> {
  const until = performance.now() + 3000;
  while (rig.server.instance.requests.size > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(rig.server.instance.requests.size, 0, 'no BACKUP goes on in the server');
}

const killed = {
  number: 596,
  severity: 21,
  text: 'Cannot continue the execution because the session is in the kill state.',
};

failing('an error of SQL Server is told in its own words', [
  {
    title: 'before the devices are touched',
    fault: { error: { number: 50001, text: 'Something is wrong.' } },
    exitCode: 7,
    reason: /Msg 50001: Something is wrong/,
  },
  {
    title: 'another backup of the database',
    fault: { error: { number: 3023, text: 'Backup operations must be serialized.' } },
    exitCode: 6,
    reason: /Msg 3023: Backup operations/,
  },
  {
    title: 'at the first byte',
    fault: { 'error-at': 0 },
    exitCode: 7,
    reason: /Msg 3043: .*page \(1:77\)/,
  },
  { title: 'in the middle', fault: { 'error-at': 9_000_000 }, exitCode: 7, reason: /Msg 3043: / },
  {
    title: 'at the last byte',
    fault: { 'error-at': 25_165_312 },
    exitCode: 7,
    reason: /Msg 3043: /,
  },
  {
    title: 'a session that is killed',
    fault: { 'error-at': 9_000_000, error: killed },
    exitCode: 7,
    reason: /Msg 596: Cannot continue the execution/,
  },
  {
    title: 'a login without the right',
    fault: { error: { number: 3265, text: 'The login has insufficient authority.' } },
    exitCode: 5,
    reason: /Msg 3265/,
  },
  {
    title: 'an error in place of Msg 3014',
    fault: { 'no-3014': true, messages: [{ number: 3041, text: 'BACKUP failed to complete.' }] },
    exitCode: 7,
    reason: /Msg 3041/,
  },
]);

failing('a connection that is lost ends the backup', [
  {
    title: 'before the devices are touched',
    fault: { 'vanish-at': 0 },
    exitCode: 4,
    reason: /connection to SQL Server was lost/,
  },
  {
    title: 'in the middle',
    fault: { 'vanish-at': 5 * MiB, slow: 10 },
    exitCode: 4,
    reason: /connection to SQL Server was lost/,
    args: ['--transfer-size', '256KiB'],
  },
  {
    title: 'in the middle, while the devices go on',
    fault: { 'vanish-at': 5 * MiB, 'vanish-keeps-set': true, slow: 10 },
    exitCode: 4,
    reason: /connection to SQL Server was lost/,
    args: ['--transfer-size', '256KiB'],
  },
  {
    title: 'while the devices have fallen silent',
    fault: { 'silence-at': 9 * MiB, 'vanish-at': 4 * MiB, 'vanish-keeps-set': true },
    exitCode: 4,
    reason: /connection to SQL Server was lost/,
  },
]);

const abortedSet = /Msg (18210|3202): .*995/;
failing('an abort of the device set by SQL Server is explained by its message', [
  {
    title: 'in GetConfiguration',
    fault: { 'abort-at': 'GetConfiguration:1' },
    exitCode: 5,
    reason: abortedSet,
  },
  {
    title: 'in OpenDevice',
    fault: { 'abort-at': 'OpenDevice:1' },
    exitCode: 5,
    reason: abortedSet,
  },
  {
    title: 'in OpenDevice of the third of three',
    fault: { 'abort-at': 'OpenDevice:3' },
    exitCode: 5,
    reason: abortedSet,
    args: ['s2.zst', 's3.zst'],
  },
  {
    title: 'in the first GetCommand',
    fault: { 'abort-at': 'GetCommand:1' },
    exitCode: 5,
    reason: abortedSet,
  },
  {
    title: 'in the fourth GetCommand',
    fault: { 'abort-at': 'GetCommand:4' },
    exitCode: 7,
    reason: abortedSet,
  },
  {
    title: 'in the ninth GetCommand of three devices',
    fault: { 'abort-at': 'GetCommand:9' },
    exitCode: 7,
    reason: abortedSet,
    args: ['s2.zst', 's3.zst'],
  },
  {
    title: 'in the first CompleteCommand',
    fault: { 'abort-at': 'CompleteCommand:1' },
    exitCode: 5,
    reason: abortedSet,
  },
  {
    title: 'in the last CompleteCommand, which answers Complete',
    fault: { 'abort-at': 'CompleteCommand:8' },
    exitCode: 7,
    reason: abortedSet,
  },
]);

failing('a VDI call that answers what it should not breaks off the backup', [
  {
    title: 'GetConfiguration',
    fault: { code: 'GetConfiguration:1:0x8077000C' },
    exitCode: 5,
    reason: /GetConfiguration answered 0x8077000C VD_E_PROTOCOL/,
  },
  {
    title: 'OpenDevice',
    fault: { code: 'OpenDevice:1:0x80770006' },
    exitCode: 5,
    reason: /OpenDevice.* answered 0x80770006 VD_E_INVALID/,
  },
  {
    title: 'OpenDevice of the second of three',
    fault: { code: 'OpenDevice:2:0x8077000D' },
    exitCode: 5,
    reason: /VD_E_OPEN/,
    args: ['s2.zst', 's3.zst'],
  },
  {
    title: 'GetCommand, with a number nobody knows',
    fault: { code: 'GetCommand:3:0x80770099' },
    exitCode: 1,
    reason: /device 0 broke off: GetCommand answered 0x80770099/,
  },
  {
    title: 'GetCommand of one of three',
    fault: { code: 'GetCommand:6:0x8077000B' },
    exitCode: 1,
    reason: /broke off: GetCommand answered 0x8077000B VD_E_UNEXPECTED/,
    args: ['s2.zst', 's3.zst'],
  },
  {
    title: 'CompleteCommand',
    fault: { code: 'CompleteCommand:2:0x80770006' },
    exitCode: 1,
    reason: /CompleteCommand answered 0x80770006 VD_E_INVALID/,
  },
  {
    title: 'devices configured for reading',
    fault: { 'direction-bit': 'read' },
    exitCode: 5,
    reason: /for the other direction/,
  },
  {
    title: 'devices configured for nothing',
    fault: { 'direction-bit': 'none' },
    exitCode: 5,
    reason: /for the other direction/,
  },
]);

const impatient = ['--stall-timeout', '1s'];
failing('silence longer than --stall-timeout ends the backup and names the side that is stuck', [
  {
    title: 'SQL Server at the first byte',
    fault: { 'silence-at': 0 },
    exitCode: 12,
    reason: /SQL Server is stuck/,
    args: impatient,
  },
  {
    title: 'SQL Server in the middle',
    fault: { 'silence-at': 9_000_000 },
    exitCode: 12,
    reason: /SQL Server is stuck \(devices: awaiting-command\)/,
    args: impatient,
  },
  {
    title: 'SQL Server in the middle of three devices',
    fault: { 'silence-at': 9_000_000 },
    exitCode: 12,
    reason: /SQL Server is stuck/,
    args: ['s2.zst', 's3.zst', ...impatient],
  },
  {
    title: 'SQL Server before it opens the devices',
    fault: { 'delay-begin': 60_000 },
    exitCode: 12,
    reason: /SQL Server is stuck \(devices: .*awaiting-configuration/,
    args: impatient,
  },
  {
    title: 'SQL Server before Msg 3014',
    fault: { 'delay-3014': 60_000 },
    exitCode: 12,
    reason: /SQL Server is stuck/,
    args: impatient,
  },
  {
    title: 'SQL Server, which also ignores the abort',
    fault: { 'silence-at': 9_000_000, 'silent-abort': 1 },
    exitCode: 12,
    reason: /SQL Server is stuck/,
    args: impatient,
  },
]);

suite('who is slow is told apart from who is stuck', { concurrency: 3 }, () => {
  test('a reader of stdout that stands still is named as the destination', () =>
    trial([], async (rig) => {
      const args = ['Sales', '-', '--compress', 'none', ...impatient];
      assertFailed(
        await rig.run(args, { unreadStdout: true }).ended,
        12,
        /the destination is stuck/,
      );
    }));

  test('a disk whose fsync hangs is named as the destination', () =>
    trial([], async (rig) => {
      const env = rig.witnessed('fsync:sleep3000:1+');
      assertFailed(
        await rig.run(['Sales', 's.zst', ...impatient], { env }).ended,
        12,
        /the destination is stuck/,
      );
    }));

  for (const [title, fault, args] of [
    ['a server that is slow but moves', { slow: 60 }, ['--transfer-size', '2MiB']],
    ['a server that takes its time with Msg 3014', { 'delay-3014': 700 }, []],
    [
      'a server that holds Flush and Complete back',
      { 'hold-flush': 500, 'hold-complete': 500 },
      [],
    ],
    [
      'a GetCommand that ends early with VD_E_TIMEOUT is asked again',
      { code: ['GetCommand:2:0x80770003', 'GetCommand:3:0x80770003'] },
      [],
    ],
    [
      'a GetConfiguration that ends early with VD_E_TIMEOUT is asked again',
      { code: 'GetConfiguration:1:0x80770003' },
      [],
    ],
    [
      'an error before Msg 3014, which counts more',
      {
        messages: [
          {
            number: 3009,
            severity: 16,
            text: 'Could not insert a backup or restore history record.',
          },
        ],
      },
      [],
    ],
  ] satisfies [string, Fault, string[]][]) {
    test(`${title}: the backup succeeds`, () =>
      trial(['s.zst'], async (rig) => {
        rig.server.fault(fault);
        assertSucceeded(
          await rig.run(['Sales', 's.zst', '--stall-timeout', '1500ms', ...args]).ended,
        );
        await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
      }));
  }
});

test('devices that end in an abort after Complete, and then Msg 3014: the backup succeeds', () =>
  trial(['a.zst', 's.zst'], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 'a.zst']).ended);
    const fetches = rig.judged().filter((line) => / GetCommand /.test(line)).length;
    rig.server.fault({ 'abort-at': `GetCommand:${fetches}`, 'abort-too-late': true });
    assertSucceeded(await rig.run(['Sales', 's.zst', '--stall-timeout', '5s']).ended);
    assert.match(rig.judged().findLast((line) => / GetCommand /.test(line)) ?? '', /VD_E_ABORT/);
    await assertSame(rig, fingerprint(decompressAll(await rig.read('s.zst'))));
  }));

suite('a VDI library that misbehaves', { concurrency: 3 }, () => {
  test('a Create that fails for lack of memory: exit 5, no BACKUP is sent', () =>
    trial([], async (rig) => {
      const env = { VDI_STANDIN_SCRIPT: 'abort-at=Create:1' };
      assertFailed(
        await rig.run(['Sales', 's.zst'], { env }).ended,
        5,
        /Create answered 0x8077000A VD_E_MEMORY/,
      );
      assert.ok(!rig.server.statements.some((text) => /^BACKUP/.test(text)));
    }));

  test('a Create that does not know VDF_RequestComplete is asked again without it', () =>
    trial(['s.zst'], async (rig) => {
      const env = { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80770009' };
      assertSucceeded(await rig.run(['Sales', 's.zst'], { env }).ended);
      assert.ok(rig.judged().some((line) => /Create .*features=0x0 .*NOERROR/.test(line)));
      assert.ok(!rig.judged().some((line) => line.includes('command=Complete')));
    }));

  test('an abort that it ignores: the process ends all the same, within ten seconds, with the right code', () =>
    trial([], async (rig) => {
      rig.server.fault({ 'silence-at': 9_000_000, 'silent-abort': 1 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until(
        'three writes',
        () => rig.judged().filter((line) => /CompleteCommand .*=Write/.test(line)).length === 3,
      );
      const at = performance.now();
      program.signal('SIGTERM');
      assertFailed(await program.ended, 143, /SIGTERM/);
      assert.ok(performance.now() - at < 10_000);
      assert.match(program.stderr, /^warning: a virtual device did not answer the abort/m);
    }));
});
