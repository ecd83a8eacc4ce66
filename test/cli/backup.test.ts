// The bytes: what SQL Server sent is what the files hold, whatever the number of devices, the compression and
// the server's habits.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import type { Fault } from '../standin/fault.ts';

const MiB = 1024 * 1024;

function stripes(count: number, end: string): string[] {
  return Array.from({ length: count }, (_, stripe) => `s${stripe + 1}${end}`);
}

/** Every stripe's bytes against what its device was sent. */
async function assertStripes(rig: Rig, files: readonly string[], zstd: boolean): Promise<void> {
  for (const [device, file] of files.entries()) {
    const stored = await rig.read(file);
    await assertSame(rig, fingerprint(zstd ? decompressAll(stored) : stored), files.length, device);
  }
}

async function backUp(rig: Rig, files: readonly string[], ...args: string[]): Promise<void> {
  assertSucceeded(await rig.run(['Sales', ...files, ...args]).ended);
}

suite('a backup holds exactly the bytes that SQL Server sent', { concurrency: 3 }, () => {
  for (const devices of [1, 3, 8]) {
    for (const completeEnabled of [true, false]) {
      const final = completeEnabled ? 'with VDC_Complete' : 'with Flush as the last word';
      test(`from ${devices} device(s) through zstd, ${final}`, () => {
        const files = stripes(devices, '.bak.zst');
        const body = async (rig: Rig) => {
          await backUp(rig, files);
          await assertStripes(rig, files, true);
          const complete = rig.judged().filter((line) => /CompleteCommand.*=Complete/.test(line));
          assert.equal(complete.length, completeEnabled ? devices : 0);
        };
        return trial(files, body, { completeEnabled });
      });
    }

    test(`from ${devices} device(s) without compression`, () => {
      const files = stripes(devices, '.bak');
      return trial(files, async (rig) => {
        await backUp(rig, files, '--compress', 'none');
        await assertStripes(rig, files, false);
        const [first] = files;
        assert.equal((await rig.read(first ?? '')).toString('latin1', 0, 4), 'TAPE');
      });
    });
  }

  test('from 64 stripes, the most there can be', () => {
    const files = stripes(64, '.bak.zst').map((name) => name.replace(/^s(\d)\./, 's0$1.'));
    return trial(files, async (rig) => {
      await backUp(rig, ['s{stripe}.bak.zst'], '--stripes', '64', '--threads', '2');
      await assertStripes(rig, files, true);
    });
  });

  test('compressed by SQL Server itself, which is then told to', () => {
    const compressed = { kind: 'generate', bytes: 5 * MiB, seed: 99 } as const;
    const streams = { kind: 'generate', bytes: 9 * MiB, seed: 5 } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['s.bak'], '--compress', 'server');
      await assertStripes(rig, ['s.bak'], false);
      const statement = rig.server.statements.find((text) => text.startsWith('BACKUP'));
      assert.match(statement ?? '', /, COMPRESSION,/);
    };
    return trial(['s.bak'], body, { databases: [{ name: 'Sales', streams, compressed }] });
  });

  test('of a database of a few kilobytes', () => {
    const streams = { kind: 'generate', bytes: 1 } as const;
    const body = async (rig: Rig) => {
      await backUp(rig, ['s.zst']);
      await assertStripes(rig, ['s.zst'], true);
    };
    return trial(['s.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });
});

const habits: [string, number, Fault][] = [
  ['several Flushes of one device', 1, { flushes: 3 * MiB }],
  ['several Flushes of three devices', 3, { flushes: 2 * MiB }],
  ['transfers of one block', 1, { tiny: 4096 }],
  ['transfers of mixed sizes on three devices', 3, { mixed: 4711 }],
  ['mixed transfers and Flushes in between', 3, { mixed: 42, flushes: MiB }],
  ['a barrier before the last Flush of three devices', 3, { barrier: 1 }],
  ['buffers that are untouchable once a command is completed', 3, { guard: 1 }],
  [
    'a command of a later version in the middle, which is answered with 50',
    1,
    { 'unknown-command': `77:${4 * MiB}` },
  ],
];

suite('the habits of a server change nothing about the bytes', { concurrency: 3 }, () => {
  for (const [title, devices, fault] of habits) {
    for (const completeEnabled of [true, false]) {
      test(`${title}${completeEnabled ? '' : ', without VDC_Complete'}`, () => {
        const files = stripes(devices, '.bak.zst');
        const body = async (rig: Rig) => {
          rig.server.fault(fault);
          await backUp(rig, files, '--block-size', '4096');
          await assertStripes(rig, files, true);
          const answered50 = rig.judged().filter((line) => line.includes('code=50'));
          assert.equal(answered50.length, fault['unknown-command'] ? 1 : 0);
        };
        return trial(files, body, { completeEnabled });
      });
    }
  }
});
