// Blocks of 64 KiB, the largest that BLOCKSIZE takes: there and back, and nothing that looks into such a backup stops at
// its first filemark, whose 16 bits cannot say its length.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { InfoReport } from '../../src/job/info/info-report.ts';
import { assertRestored } from '../rig/corpus.ts';
import { assertSucceeded, trial } from '../rig/trial.ts';

suite('a backup with blocks of 64 KiB', { concurrency: 2 }, () => {
  for (const [how, files] of [
    ['zstd', ['s.zst']],
    ['none', ['s.bak']],
    ['none', ['s1.bak', 's2.bak', 's3.bak']],
  ] as const)
    test(`${files.length} stripe(s) stored with ${how}: made, looked into, verified and restored`, () =>
      trial(files, async (rig) => {
        const sizes = ['--block-size', '65536', '--compress', how];
        const made = await rig.run(['Sales', ...files, ...sizes]).ended;
        assertSucceeded(made);
        // That three files are three stripes is said in any case.
        assert.doesNotMatch(made.stderr, /^warning: (?!3 files: )/m);
        const verified = await rig.run(['verify', '--verifyonly', ...files]).ended;
        assert.equal(verified.code, 0, verified.stderr);
        assert.doesNotMatch(verified.stderr, /^warning: /m);
        assert.match(verified.lastLine, / file=\S+ server=valid$/);
        const { stdout } = await rig.bare(['info', ...files, '--json']).ended;
        for (const { sets } of (JSON.parse(stdout.toString()) as InfoReport).files) {
          assert.equal(sets.length, 1);
          assert.equal(sets[0]?.header.Provisional, undefined);
        }
        assertRestored(await rig.run(['restore', 'Copy', ...files]).ended);
        const asked = rig.server.statements.filter((text) =>
          /^RESTORE (DATABASE|VERIFY)/.test(text),
        );
        assert.equal(asked.length, 2);
        for (const text of asked) assert.match(text, /BLOCKSIZE = 65536/);
      }));
});
