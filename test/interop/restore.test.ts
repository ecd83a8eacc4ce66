// Real backups of SQL Server 2005 to 2022 there and back: what the server is given on a restore is what it sent, in
// every number of stripes and every form of storage.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Ended } from '../rig/program.ts';
import { corpusPath, type Rig } from '../rig/rig.ts';
import { trial } from '../rig/trial.ts';
import type { DatabaseDescription } from '../standin/instance.ts';

const corpus = existsSync(corpusPath)
  ? readdirSync(corpusPath)
      .filter((name) => name.endsWith('.bak'))
      .sort()
  : [];

/** Half of a set, which the server refuses (Msg 3231) or we do. */
const isPart = (name: string) => /stripe\dof2/.test(name);
/** Continues a database that is RESTORING. */
const isContinuation = (name: string) => /diff\b|diff-|log\d|multiset/.test(name);
const open = { name: 'Open', state: 'RESTORING', streams: { kind: 'generate', bytes: 1 } } as const;

function target(name: string): string {
  return isContinuation(name) ? 'Open' : 'Copy';
}

function assertRestored({ code, stderr, lastLine }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, /^OK \S+ restore /);
}

async function assertSameBytes(rig: Rig, restored: string, devices: number): Promise<void> {
  for (let device = 0; device < devices; device += 1) {
    const sent = await rig.server.expectedBytes('Real', devices, device);
    assert.deepEqual(await rig.server.expectedBytes(restored, devices, device), sent);
  }
}

function databases(name: string): DatabaseDescription[] {
  return [{ name: 'Real', streams: { kind: 'file', path: join(corpusPath, name) } }, open];
}

suite('real backups', { concurrency: 2 }, () => {
  for (const name of corpus.filter((each) => !isPart(each))) {
    const database = target(name);
    const again = database === 'Copy' ? ['--replace'] : [];

    // The stand-in cuts a file for several devices: only one of the parts is a native backup by itself.
    for (const [how, counts] of [
      ['zstd', [1, 3, 8]],
      ['none', [1]],
    ] as const)
      test(`${name} through ${how} comes back as it was sent`, () => {
        const all = counts.map((count) =>
          Array.from({ length: count }, (_, stripe) => `${count}-${stripe + 1}.bak`),
        );
        const body = async (rig: Rig) => {
          for (const files of all) {
            const { code, stderr } = await rig.run(['Real', ...files, '--compress', how]).ended;
            assert.equal(code, 0, stderr);
            const args = ['restore', database, ...files, '--norecovery', ...again];
            assertRestored(await rig.run(args).ended);
            await assertSameBytes(rig, database, files.length);
          }
        };
        return trial(all.flat(), body, { databases: databases(name) });
      });
  }
});
