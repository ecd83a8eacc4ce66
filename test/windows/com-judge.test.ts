// The judge of COM's rules, judged: each rule is broken once on purpose, and is seen.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { appFolder } from './places.ts';
import { WindowsRig } from './windows-rig.ts';

const script = join(appFolder, 'dist', 'test', 'windows', 'com-offender.js');

async function offend(offence: string): Promise<{ breaches: string[]; unreleased: number }> {
  const windows = await WindowsRig.create();
  try {
    const { code, stderr } = await windows.bare([offence], { script }).ended;
    assert.equal(code, 0, stderr);
    const breaches = windows.rig.breaches.map((line) => / BREACH (\S+)/.exec(line)?.[1] ?? '');
    return { breaches, unreleased: windows.unreleased };
  } finally {
    await windows.close();
  }
}

suite('the judge sees a client that breaks a rule', { concurrency: 2 }, () => {
  test('and nothing where none is broken', async () => {
    assert.deepEqual(await offend('none'), { breaches: [], unreleased: 0 });
  });

  test('an object that is never released', async () => {
    assert.deepEqual(await offend('unreleased'), { breaches: [], unreleased: 1 });
  });

  for (const offence of ['released', 'apartment', 'slot', 'instance', 'abort-twice', 'late-call']) {
    test(offence, async () => {
      assert.ok((await offend(offence)).breaches.includes(offence));
    });
  }
});
