// A disk or network share that no longer answers: the thread that reads from it cannot be ended, the program must.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { abort, generousAbortMs } from '../rig/aborting.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

suite('Ctrl-C while the disk does not answer', () => {
  const commands = {
    verify: ['verify', 's.zst'],
    extract: ['extract', 's.zst', '-'],
    info: ['info', 's.zst'],
  };
  for (const [name, words] of Object.entries(commands))
    test(`ends ${name}`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst', '--type', 'copy']).ended);
        // info reads the ends and two frames of it, the others go on to the next ones.
        const env = rig.witnessed(`pread:sleep60000:${name === 'info' ? 3 : 9}+:s.zst`);
        const program = rig.bare(words, { env });
        await new Promise((resolve) => setTimeout(resolve, 1500));
        assert.equal(program.child.exitCode, null, 'it hangs');
        const ended = await abort(program, 'SIGINT');
        assertFailed(ended, 130, /interrupted by Ctrl-C/);
        assert.ok(ended.abortMs < generousAbortMs, `the end took ${Math.round(ended.abortMs)} ms`);
      }));
});

test('a disk that fails while a backup is verified: exit 8, with its words', () =>
  trial(['s.zst'], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst', '--type', 'copy']).ended);
    const ended = await rig.bare(['verify', 's.zst'], { env: rig.witnessed('pread:EIO:9+:s.zst') })
      .ended;
    assertFailed(ended, 8, /cannot read .+s\.zst: i\/o error \(EIO\)/);
    assert.match(ended.stderr, /look at the system log/);
  }));
