// What can go wrong under Windows: the class, the instance, the rights, the server. The same exit codes as on Linux.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { assertFailed, assertSame, assertSucceeded } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import type { Fault } from '../standin/fault.ts';
import { appFolder } from './places.ts';
import { type WindowsRig, windowsTrial } from './windows-rig.ts';

const MiB = 1024 * 1024;
const holderScript = join(appFolder, 'dist', 'test', 'windows', 'file-holder.js');
const partialHolderScript = join(appFolder, 'dist', 'test', 'windows', 'partial-holder.js');
const pipeHolderScript = join(appFolder, 'dist', 'test', 'windows', 'pipe-holder.js');
const pipeAskerScript = join(appFolder, 'dist', 'test', 'windows', 'pipe-asker.js');

function assertNoBackup({ rig }: WindowsRig): void {
  assert.ok(!rig.server.statements.some((text) => text.startsWith('BACKUP')), 'no BACKUP is sent');
}

suite('a device set that cannot be made: exit 5, no BACKUP is sent', { concurrency: 2 }, () => {
  for (const [title, env, reason, hint] of [
    [
      'the class is not registered',
      { VDI_STANDIN_FACTORY: '0x80040154' },
      /CoCreateInstance answered 0x80040154 REGDB_E_CLASSNOTREG/,
      /regsvr32 with the full path of sqlvdi\.dll/,
    ],
    [
      'the class is refused',
      { VDI_STANDIN_FACTORY: '0x80040111' },
      /0x80040111 CLASS_E_CLASSNOTAVAILABLE/,
      /administrator/,
    ],
    [
      'not elevated',
      { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80070005' },
      /Create answered 0x80070005 E_ACCESSDENIED/,
      /administrator/,
    ],
    [
      'the security environment',
      { VDI_STANDIN_SCRIPT: 'code=Create:1:0x80770005' },
      /VD_E_SECURITY/,
      /administrator/,
    ],
    [
      'an instance that VDI does not know',
      { VDI_STANDIN_INSTANCE: 'OTHER' },
      /0x80770007 VD_E_INSTANCE_NAME/,
      /-S \.\\SQLEXPRESS/,
    ],
  ] as const) {
    test(title, () =>
      windowsTrial([], async (windows) => {
        const ended = await windows.run(['Sales', 's.zst'], { env }).ended;
        assertFailed(ended, 5, reason);
        assert.match(ended.stderr, hint);
        assertNoBackup(windows);
      }),
    );
  }
});

suite('a server that fails', { concurrency: 2 }, () => {
  for (const [title, fault, exitCode, reason, args] of [
    ['an error in the middle', { 'error-at': 9_000_000 }, 7, /Msg 3043: /, []],
    [
      'a lost connection in the middle',
      { 'vanish-at': 5 * MiB, slow: 10 },
      4,
      /connection to SQL Server was lost/,
      ['--transfer-size', '256KiB'],
    ],
    [
      'an abort in GetConfiguration',
      { 'abort-at': 'GetConfiguration:1' },
      5,
      /Msg (18210|3202): .*995/,
      [],
    ],
    ['an abort in OpenDevice', { 'abort-at': 'OpenDevice:1' }, 5, /Msg (18210|3202): .*995/, []],
    [
      'an abort in GetCommand of three devices',
      { 'abort-at': 'GetCommand:9' },
      7,
      /Msg (18210|3202): .*995/,
      ['s2.zst', 's3.zst'],
    ],
    [
      'an abort in CompleteCommand',
      { 'abort-at': 'CompleteCommand:4' },
      7,
      /Msg (18210|3202): .*995/,
      [],
    ],
    ['the wrong direction', { 'direction-bit': 'read' }, 5, /other direction/, []],
    [
      'silence',
      { 'silence-at': 9_000_000 },
      12,
      /SQL Server is stuck/,
      ['--stall-timeout', '1500ms'],
    ],
    [
      'silence and deafness',
      { 'silence-at': 9_000_000, 'silent-abort': 1 },
      12,
      /SQL Server is stuck/,
      ['--stall-timeout', '1500ms'],
    ],
  ] satisfies [string, Fault, number, RegExp, string[]][]) {
    test(`${title}: exit ${exitCode}`, () =>
      windowsTrial(
        [],
        async (windows) => {
          windows.rig.server.fault(fault);
          const ended = await windows.run(['Sales', 's.zst', ...args]).ended;
          assertFailed(ended, exitCode, reason);
        },
        {},
        // Objects that a thread is still inside of must not be released.
        { leavesObjects: title.includes('deafness') },
      ));
  }
});

suite('names that Windows is particular about', { concurrency: 2 }, () => {
  test('a named instance is asked of SQL Server: -S may say no more than a port', () =>
    windowsTrial(
      ['s.zst'],
      async (windows) => {
        assertSucceeded(await windows.run(['Sales', 's.zst']).ended);
        const asked = windows.rig.judged().find((line) => line.includes(' NOTE CreateEx '));
        assert.match(asked ?? '', /instance=SQLEXPRESS$/);
      },
      { instance: 'SQLEXPRESS' },
    ));

  test('the default instance has none', () =>
    windowsTrial(['s.zst'], async (windows) => {
      assertSucceeded(await windows.run(['Sales', 's.zst']).ended);
      const asked = windows.rig.judged().find((line) => line.includes(' NOTE CreateEx '));
      assert.match(asked ?? '', /instance=NULL$/);
    }));

  test('spaces, unicode and more than 260 characters in a path', () =>
    windowsTrial(['Ünïcode größe 测试'], async (windows) => {
      const folders = ['Ünïcode größe 测试', ...Array.from({ length: 5 }, () => 'x'.repeat(60))];
      await mkdir(windows.rig.path(folders.join('/')), { recursive: true });
      const name = [...folders, 'Sales 日本.bak.zst'];
      const ended = await windows.run(['Sales', name.join('\\')]).ended;
      assertSucceeded(ended);
      const stored = await windows.rig.read(name.join('/'));
      await assertSame(windows.rig, fingerprint(decompressAll(stored)));
    }));

  test('an absolute path with a drive letter', () =>
    windowsTrial(['s.zst'], async (windows) => {
      const path = `Z:${windows.rig.path('s.zst').replaceAll('/', '\\')}`;
      assertSucceeded(await windows.run(['Sales', path]).ended);
      const stored = await windows.rig.read('s.zst');
      await assertSame(windows.rig, fingerprint(decompressAll(stored)));
    }));

  test('a target that another program holds open: exit 8, the finished backup is kept', () =>
    windowsTrial(['s.zst', 's.zst.partial'], async (windows) => {
      await writeFile(windows.rig.path('s.zst'), 'yesterday');
      const holder = windows.bare(['s.zst'], { script: holderScript });
      await holder.until('the open file', () => holder.stderr.includes('held'));
      const ended = await windows.run(['Sales', 's.zst', '--overwrite']).ended;
      holder.signal('SIGKILL');
      assertFailed(ended, 8, /the finished backup is kept as .*s\.zst\.partial/);
      assert.equal((await windows.rig.read('s.zst')).toString(), 'yesterday');
      const kept = await windows.rig.read('s.zst.partial');
      await assertSame(windows.rig, fingerprint(decompressAll(kept)));
    }));

  test('a partial file that another run has locked: exit 11, until that run is killed', () =>
    windowsTrial(['s.zst'], async (windows) => {
      const holder = windows.bare(['s.zst'], { script: partialHolderScript });
      await holder.until('the locked file', () => holder.stderr.includes('held'));
      assertFailed(
        await windows.run(['Sales', 's.zst']).ended,
        11,
        /s\.zst\.partial is being written/,
      );
      assert.equal((await windows.rig.read('s.zst.partial')).toString(), 'begun');
      assertNoBackup(windows);
      holder.signal('SIGKILL');
      await holder.ended;
      assertSucceeded(await windows.run(['Sales', 's.zst']).ended);
    }));

  // Wine lets two programs listen on one name, so the whole of it (exit 11) is only seen on Windows.
  for (const [owner, trusted] of [
    ['this account', true],
    ['guest', false],
  ] as const)
    test(`a pipe made by ${owner} ${trusted ? 'keeps a run out' : 'keeps nobody out'}`, () =>
      windowsTrial([], async (windows) => {
        const pipe = String.raw`\\.\pipe\vdibackup-${owner.replace(' ', '-')}`;
        const holder = windows.bare([pipe, owner], { script: pipeHolderScript });
        await holder.until('the pipe', () => holder.stderr.includes('held'));
        const { stderr } = await windows.bare([pipe], { script: pipeAskerScript }).ended;
        holder.signal('SIGKILL');
        await holder.ended;
        const found = JSON.parse(stderr);
        assert.equal(found.trusted, trusted);
        assert.ok(found.pid > 0, stderr);
      }));

  test('a name with a colon would be an alternate stream: exit 2', () =>
    windowsTrial([], async (windows) => {
      assertFailed(await windows.run(['Sales', 'sales:1.zst']).ended, 2, /Windows does not allow/);
    }));
});

suite('standard output', { concurrency: 2 }, () => {
  for (const compress of ['zstd', 'none']) {
    test(`carries the backup and nothing else (--compress ${compress})`, () =>
      windowsTrial([], async (windows) => {
        windows.rig.server.fault({ noise: 'VDI has something to say' });
        const ended = await windows.run(['Sales', '-', '--compress', compress], { shell: true })
          .ended;
        assertSucceeded(ended);
        const raw = compress === 'zstd' ? decompressAll(ended.stdout) : ended.stdout;
        await assertSame(windows.rig, fingerprint(raw));
      }));
  }
});
