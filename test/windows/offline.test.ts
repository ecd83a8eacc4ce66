// verify, info and extract under Windows: no COM, but threads, files and names.

import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { prepare } from '../rig/restore-phases.ts';
import { assertFailed } from '../rig/trial.ts';
import { decompressAll } from '../rig/zstd.ts';
import { projectFolder } from './places.ts';
import { windowsTrial } from './windows-rig.ts';

const golden = join(projectFolder, 'test', 'vectors', 'v1', 'sales.bak.zst');

suite('under Windows', { concurrency: 2 }, () => {
  test('verify finds a good archive good, and a damaged one damaged: exit 9', () =>
    windowsTrial(['bad.zst', 's.zst'], async (windows) => {
      const { rig } = windows;
      await prepare(rig);
      const good = await windows.bare(['verify', 's.zst']).ended;
      assert.equal(good.code, 0, good.stderr);
      assert.match(good.lastLine, /^OK verify .* file=s\.zst$/);
      const bytes = await rig.read('s.zst');
      bytes.writeUInt8(bytes.readUInt8(200_000) ^ 1, 200_000);
      await writeFile(rig.path('bad.zst'), bytes);
      const bad = await windows.bare(['verify', 'bad.zst']).ended;
      assertFailed(bad, 9, /damaged/);
      assert.match(bad.stderr, /^damage: .+frame \d+ at byte \d+/m);
    }));

  test('info reads the golden archive, by a path with a drive, spaces and unicode', () =>
    windowsTrial(['Größe 测试'], async (windows) => {
      const folder = windows.rig.path('Größe 测试');
      await mkdir(folder);
      await copyFile(golden, join(folder, 'Sales 日本.bak.zst'));
      const path = `Z:${folder.replaceAll('/', '\\')}\\Sales 日本.bak.zst`;
      const { code, stdout, stderr } = await windows.bare(['info', path, '--json']).ended;
      assert.equal(code, 0, stderr);
      assert.match(stdout.toString(), /"DatabaseName":"Sales"/);
    }));

  test('extract gives the native backup, as a file and on standard output', () =>
    windowsTrial(['out.bak', 's.zst'], async (windows) => {
      const { rig } = windows;
      await prepare(rig);
      const raw = decompressAll(await rig.read('s.zst'));
      const filed = await windows.bare(['extract', 's.zst', 'out.bak']).ended;
      assert.equal(filed.code, 0, filed.stderr);
      assert.ok(raw.equals(await rig.read('out.bak')));
      const piped = await windows.bare(['extract', 's.zst', '-'], { shell: true }).ended;
      assert.equal(piped.code, 0, piped.stderr);
      assert.ok(raw.equals(piped.stdout));
    }));
});
