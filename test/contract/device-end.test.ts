// The end of a device thread: what it is told behind the word to leave finds nobody.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { FramePool } from '../../src/memory/frame-pool.ts';
import { openDeviceSet } from '../../src/vdi/open-device-set.ts';
import { libraryPath, Rig } from '../rig/rig.ts';

suite('a device thread that has left', () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.create();
    Object.assign(process.env, rig.server.environment, { VDI_STANDIN_LOG: rig.judgeLog });
  });
  after(() => rig.close());

  test('does not obey what was queued behind: its memory is no longer its own', async () => {
    const set = openDeviceSet({
      name: randomUUID(),
      deviceCount: 1,
      direction: 'backup',
      pool: FramePool.create(2, 65_536, 131_072),
      library: libraryPath,
    });
    set.create();
    // Both are said before the thread has begun to listen.
    void set.abort();
    const late = set.configured();
    await assert.rejects(late, /the device thread is gone/);
    const [end] = await set.ended;
    assert.equal(end?.how, 'aborted');
    set.close();
    const calls = rig.judged().join('\n');
    assert.match(calls, / SignalAbort /);
    assert.doesNotMatch(calls, / GetConfiguration /);
  });
});
