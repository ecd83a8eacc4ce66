// Real backups of SQL Server 2005 to 2022 through the whole program, read back with the stock zstd program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { corpusPath, type Rig } from '../rig/rig.ts';
import { assertSame, assertSucceeded, trial } from '../rig/trial.ts';

interface Output {
  readonly length: number;
  readonly sha256: string;
}

/** Runs the stock zstd; what it wrote, as a fingerprint. */
function zstd(...args: string[]): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn('zstd', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const hash = createHash('sha256');
    let length = 0;
    let words = '';
    child.stdout.on('data', (bytes: Buffer) => {
      hash.update(bytes);
      length += bytes.length;
    });
    child.stderr.on('data', (bytes: Buffer) => {
      words += bytes;
    });
    child.on('error', (cause) =>
      reject(new Error('the stock zstd program is missing: apt-get install zstd', { cause })),
    );
    child.on('close', (code) => {
      if (code === 0) resolve({ length, sha256: hash.digest('hex') });
      else reject(new Error(`zstd ${args.join(' ')} ended with ${code}: ${words}`));
    });
  });
}

async function assertStockZstdReads(
  rig: Rig,
  files: readonly string[],
  database: string,
): Promise<void> {
  for (const [device, file] of files.entries()) {
    const path = rig.path(file);
    await assertSame(rig, await zstd('-dc', path), files.length, device, database);
    await zstd('-t', path);
  }
}

const corpus = existsSync(corpusPath)
  ? readdirSync(corpusPath)
      .filter((name) => name.endsWith('.bak'))
      .sort()
  : [];

test('the corpus of real backups is there', (context) => {
  if (corpus.length > 0 || process.env.VDIBACKUP_CI === 'true') {
    assert.ok(corpus.length > 0, `no real backups in ${corpusPath}`);
    return;
  }
  context.diagnostic(`no real backups in ${corpusPath}: only generated ones were tested`);
});

suite('the stock zstd reads every archive', { concurrency: 2 }, () => {
  test('also of a generated database, in one stripe and in three', () =>
    trial(['one.zst', 's1.zst', 's2.zst', 's3.zst'], async (rig) => {
      for (const files of [['one.zst'], ['s1.zst', 's2.zst', 's3.zst']]) {
        assertSucceeded(await rig.run(['Sales', ...files]).ended);
        await assertStockZstdReads(rig, files, 'Sales');
      }
    }));

  for (const name of corpus) {
    test(`${name} comes out of one, three and eight stripes as it went in`, () => {
      const all = [1, 3, 8].map((count) =>
        Array.from({ length: count }, (_, stripe) => `${count}-${stripe + 1}.bak.zst`),
      );
      const streams = { kind: 'file', path: join(corpusPath, name) } as const;
      const body = async (rig: Rig) => {
        for (const files of all) {
          const { code, stderr } = await rig.run(['Real', ...files]).ended;
          assert.equal(code, 0, stderr);
          await assertStockZstdReads(rig, files, 'Real');
        }
      };
      return trial(all.flat(), body, { databases: [{ name: 'Real', streams }] });
    });
  }
});
