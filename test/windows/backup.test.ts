// The bytes under Windows: every real backup at hand and generated databases, through COM, with one device and
// with three. Afterwards the judge has seen no breach and every COM object is back at zero references.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { corpusPath } from '../rig/rig.ts';
import { assertSame, assertSucceeded } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';
import type { InstanceOptions } from '../standin/instance.ts';
import { type WindowsRig, windowsTrial } from './windows-rig.ts';

const MiB = 1024 * 1024;

const corpus = existsSync(corpusPath)
  ? readdirSync(corpusPath).filter((name) => name.endsWith('.bak'))
  : [];

function stripes(count: number): string[] {
  return Array.from({ length: count }, (_, stripe) => `s${stripe + 1}.bak.zst`);
}

async function backUp(windows: WindowsRig, files: readonly string[]): Promise<void> {
  const ended = await windows.run(['Sales', ...files]).ended;
  assertSucceeded(ended);
  assert.ok(!ended.stderr.includes('\r'), 'no \\r in redirected output');
  for (const [device, file] of files.entries()) {
    const raw = decompressAll(await windows.rig.read(file));
    await assertSame(windows.rig, fingerprint(raw), files.length, device);
  }
}

async function backUpFrom(
  streams: NonNullable<InstanceOptions['databases']>[number]['streams'],
  devices: number,
  options: Partial<InstanceOptions> = {},
): Promise<void> {
  const files = stripes(devices);
  const databases = [{ name: 'Sales', streams }];
  await windowsTrial(files, (windows) => backUp(windows, files), { databases, ...options });
}

suite('under Windows a backup holds exactly the bytes that SQL Server sent', {
  concurrency: 2,
}, () => {
  for (const devices of [1, 3]) {
    for (const name of corpus) {
      test(`${name} with ${devices} device(s)`, () =>
        backUpFrom({ kind: 'file', path: join(corpusPath, name) }, devices));
    }
    for (const completeEnabled of [true, false]) {
      const final = completeEnabled ? 'with VDC_Complete' : 'with Flush as the last word';
      test(`a generated database with ${devices} device(s), ${final}`, () =>
        backUpFrom({ kind: 'generate', bytes: 32 * MiB, seed: 5 }, devices, { completeEnabled }));
    }
  }

  test('64 devices, each with a COM thread of its own', () =>
    backUpFrom({ kind: 'generate', bytes: 64 * MiB, seed: 9 }, 64));
});
