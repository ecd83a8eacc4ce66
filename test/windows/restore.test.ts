// The way back under Windows: the bytes through COM, where the files go, and every end of a restore that needs no
// slow disk. The archives are made by the program of this system: they are the same.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended } from '../rig/program.ts';
import {
  assertRestoreEnded,
  filesOf,
  leftWords,
  prepare,
  type RestorePhase,
  restorePhases,
} from '../rig/restore-phases.ts';
import { corpusPath } from '../rig/rig.ts';
import { assertFailed, assertSucceeded } from '../rig/trial.ts';
import type { InstanceOptions } from '../standin/instance.ts';
import { type RunOptions, type WindowsRig, windowsTrial } from './windows-rig.ts';

const MiB = 1024 * 1024;
const dataFolder = 'C:\\Program Files\\Microsoft SQL Server\\MSSQL16.MSSQLSERVER\\MSSQL\\DATA\\';
const real = join(corpusPath, 'sql2016-full.bak');

function assertRestored({ code, stderr, lastLine }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, /^OK Copy restore .* state=ONLINE$/);
  assert.ok(!stderr.includes('\r'), 'no \\r in redirected output');
}

async function assertSameBytes({ rig }: WindowsRig, devices: number): Promise<void> {
  for (let device = 0; device < devices; device += 1) {
    const sent = await rig.server.expectedBytes('Sales', devices, device);
    assert.deepEqual(await rig.server.expectedBytes('Copy', devices, device), sent);
  }
}

function restoreStatement({ rig }: WindowsRig): string {
  return rig.server.statements.find((text) => text.startsWith('RESTORE DATABASE')) ?? '';
}

interface RoundTrip {
  readonly devices: number;
  readonly how: 'zstd' | 'none';
  readonly options?: Partial<InstanceOptions>;
}

function roundTrip({ devices, how, options }: RoundTrip): Promise<void> {
  const end = how === 'zstd' ? '.bak.zst' : '.bak';
  const files = Array.from({ length: devices }, (_, stripe) => `s${stripe + 1}${end}`);
  const body = async (windows: WindowsRig) => {
    assertSucceeded(await windows.run(['Sales', ...files, '--compress', how]).ended);
    assertRestored(await windows.run(['restore', 'Copy', ...files.toReversed()]).ended);
    await assertSameBytes(windows, devices);
  };
  return windowsTrial(files, body, options);
}

suite('under Windows a restore gives back exactly the bytes', { concurrency: 2 }, () => {
  for (const devices of [1, 3])
    for (const how of ['zstd', 'none'] as const)
      test(`of ${devices} device(s), stored with ${how}`, () => roundTrip({ devices, how }));

  test('of a real backup', { skip: !existsSync(real) }, () => {
    const databases = [{ name: 'Sales', streams: { kind: 'file', path: real } }] as const;
    return roundTrip({ devices: 1, how: 'zstd', options: { databases } });
  });

  const inputs: [string, (path: string) => NonNullable<RunOptions['stdin']>][] = [
    ['a file that the shell opened', (file) => ({ file })],
    ['a pipe', (piped) => ({ piped, share: 1 })],
  ];
  for (const [title, stdin] of inputs)
    test(`of standard input, ${title}`, () =>
      windowsTrial(['s.zst'], async (windows) => {
        await prepare(windows.rig);
        const options = { stdin: stdin(windows.rig.path('s.zst')) };
        assertRestored(await windows.run(['restore', 'Copy', '-'], options).ended);
        await assertSameBytes(windows, 1);
      }));
});

suite('a restore under Windows', { concurrency: 2 }, () => {
  for (const [title, from, args, data, log] of [
    ['a backup of Linux into the folders of the instance', 'Linux', [], dataFolder, dataFolder],
    [
      'a backup of Windows into other folders',
      'Windows',
      ['--data-dir', 'D:\\data', '--log-dir', 'L:\\'],
      'D:\\data\\',
      'L:\\',
    ],
  ] as const)
    test(`moves the files of ${title}`, () =>
      windowsTrial(['s.zst'], async (windows) => {
        const { instance } = windows.rig.server;
        instance.platform = from;
        await prepare(windows.rig);
        instance.platform = 'Windows';
        assertRestored(await windows.run(['restore', 'Copy', 's.zst', ...args]).ended);
        const statement = restoreStatement(windows);
        for (const move of [
          `MOVE N'Sales' TO N'${data}Copy_Sales.mdf'`,
          `MOVE N'Sales_log' TO N'${log}Copy_Sales_log.ldf'`,
        ])
          assert.ok(statement.includes(move), statement);
      }));

  test('of a damaged archive: exit 9, and SQL Server is told of a fault, not of an end', () =>
    windowsTrial(['s.zst'], async (windows) => {
      const { rig } = windows;
      await prepare(rig);
      const archive = await rig.read('s.zst');
      const at = Math.floor(archive.length * 0.7);
      archive.writeUInt8(archive.readUInt8(at) ^ 0xff, at);
      await writeFile(rig.path('s.zst'), archive);
      const ended = await windows.run(['restore', 'Copy', 's.zst']).ended;
      assertFailed(ended, 9, /s\.zst is damaged: frame \d+/);
      assert.match(ended.stderr, leftWords.RESTORING);
      const errors = rig.server.runs.at(-1)?.errors ?? [];
      assert.deepEqual(
        errors.map(({ command, win32 }) => [command, win32]),
        [['Read', 30]],
      );
    }));

  test('to a server whose buffers are untouchable once a command is completed', () =>
    windowsTrial(['s.zst'], async (windows) => {
      await prepare(windows.rig);
      windows.rig.server.fault({ guard: 1 });
      windows.rig.server.fault({ guard: 1, mixed: 4711 });
      assertRestored(await windows.run(['restore', 'Copy', 's.zst']).ended);
      await assertSameBytes(windows, 1);
    }));

  test('whose server loses the connection in the middle: exit 4', () =>
    windowsTrial(['s.zst'], async (windows) => {
      await prepare(windows.rig);
      windows.rig.server.fault({});
      windows.rig.server.fault({ 'vanish-at': 9 * MiB, slow: 20, tiny: 262_144 });
      const ended = await windows.run(['restore', 'Copy', 's.zst']).ended;
      assertFailed(ended, 4, /connection to SQL Server was lost/);
    }));
});

/** Epoll of this system tells when standard input is waited for; nothing under Wine does. */
const reachable = restorePhases.filter(({ name }) => !name.includes('standard input'));

/** What the phase wants to be poured into standard input. */
function pouredIn({ rig }: WindowsRig, { files }: RestorePhase): RunOptions {
  return files?.includes('-') ? { stdin: { piped: rig.path('s.zst'), share: 0.8 } } : {};
}

suite('Ctrl-C ends a restore under Windows in good order', { concurrency: 2 }, () => {
  for (const phase of reachable)
    for (const times of [1, 2])
      test(`${times === 1 ? 'once' : 'twice'} ${phase.name}`, () =>
        windowsTrial(filesOf(phase), async (windows) => {
          const { rig } = windows;
          await prepare(rig, phase.files);
          const { args = [], reached } = phase.arrange(rig);
          const words = ['restore', 'Copy', ...(phase.files ?? filesOf(phase)), ...args];
          const program = windows.run(words, pouredIn(windows, phase));
          await program.until(phase.name, reached);
          const at = performance.now();
          for (let sent = 0; sent < times; sent += 1) {
            program.signal('SIGINT');
            await sleep(20);
          }
          const ended = await program.ended;
          assertFailed(ended, 130, /interrupted by Ctrl-C/);
          if (times === 1) assert.match(ended.stderr, leftWords[phase.left]);
          await assertRestoreEnded(rig, phase, { ...ended, abortMs: performance.now() - at });
        }));
});
