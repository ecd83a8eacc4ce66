// Archives and zstd files from an enemy, given to the program as a user starts it (rig/hostile-trial.ts says what must hold).

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { hostileArchives, hostileFiles } from '../rig/hostile-files.ts';
import { assertBounded, assertHostileFile, hostileLimits } from '../rig/hostile-trial.ts';
import { runJudged } from '../rig/judged-program.ts';
import { writeSparse } from '../rig/sparse-file.ts';

suite('archives and zstd files from an enemy', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of hostileArchives) test(name, () => assertHostileFile(name, folder));

  test('an extraction leaves nothing of such a file behind', async () => {
    const [path, out] = [join(folder, 'file'), join(folder, 'out')];
    writeSparse(path, hostileFiles['a frame of 3.75 GiB in the seek table']());
    const judged = await runJudged(['extract', path, out], hostileLimits);
    assertBounded(judged, 'extract');
    assert.equal(judged.code, 9);
    assert.deepEqual([existsSync(out), existsSync(`${out}.partial`)], [false, false]);
  });
});
