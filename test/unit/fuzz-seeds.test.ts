// Every input that the fuzz run begins with, every finding that was fixed, and every damaged twin of the golden
// archive, without the fuzzer. How to look for more: CONTRIBUTING.md.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { goldenArchives, seedsOf } from '../fuzz/seeds.ts';
import { loadTarget, targetNames } from '../fuzz/target-list.ts';

for (const target of targetNames)
  suite(`fuzz target ${target}`, () => {
    const seeds = seedsOf(target);

    test('it has inputs to begin with', () => assert.ok(seeds.length > 0));

    for (const { name, bytes } of seeds)
      test(name, async () => {
        await (await loadTarget(target))(bytes);
      });
  });

suite('fuzz target archive, long inputs', () => {
  for (const { name, bytes } of goldenArchives())
    test(name, async () => {
      await (await loadTarget('archive'))(bytes);
    });
});
