// Backup streams from an enemy, given to the program as a user starts it (rig/hostile-trial.ts says what must hold).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { hostileStreams } from '../rig/hostile-files.ts';
import { assertHostileFile } from '../rig/hostile-trial.ts';

suite('backup streams from an enemy', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of hostileStreams) test(name, () => assertHostileFile(name, folder));
});
