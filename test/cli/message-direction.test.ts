// The same message of SQL Server, heard by a backup, a restore and a drill, and by servers of different versions: the
// whole program says to each what is right for it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { RaisedError } from '../standin/fault.ts';

const logFull: RaisedError = { number: 9002, severity: 17, text: 'The transaction log is full.' };
const fileThere: RaisedError = { number: 3142, text: 'File "x" cannot be restored over "y".' };
const noRight: RaisedError = { number: 262, text: 'Permission denied.' };

suite('advice fits the run that heard the message:', { concurrency: 2 }, () => {
  test('a full log is backed up before a backup, and given room before a restore', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({ error: logFull });
      const backup = await rig.run(['Sales', 't.zst']).ended;
      assertFailed(backup, 6, /Msg 9002/);
      assert.match(backup.stderr, /hint: The log is full: back it up \(--type log\)/);
      rig.server.fault({});
      rig.server.fault({ error: logFull });
      const restore = await rig.run(['restore', 'Copy', 's.zst']).ended;
      assertFailed(restore, 6, /Msg 9002/);
      assert.match(restore.stderr, /hint: Recovery needs more log .*--log-dir/);
      assert.doesNotMatch(restore.stderr, /--type log/);
    }));

  test('a file that is there may be replaced by a restore, not by a drill', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      rig.server.fault({});
      rig.server.fault({ error: fileThere });
      const restore = await rig.run(['restore', 'Copy', 's.zst']).ended;
      assertFailed(restore, 7, /Msg 3142/);
      assert.match(restore.stderr, /hint: .*--replace if it may be overwritten/);
      rig.server.fault({});
      rig.server.fault({ error: fileThere });
      const drill = await rig.run(['drill', 's.zst']).ended;
      assertFailed(drill, 7, /Msg 3142/);
      assert.match(drill.stderr, /hint: A file of that name is there: .*--data-dir/);
      assert.doesNotMatch(drill.stderr, /--replace/);
    }));

  for (const [version, command] of [
    ['10.50.6000.34', /sp_addsrvrolemember/],
    ['16.0.4135.4', /ALTER SERVER ROLE sysadmin/],
  ] as const)
    test(`rights are granted in the words of ${version}`, () =>
      trial(
        [],
        async (rig) => {
          rig.server.fault({ error: noRight });
          const ended = await rig.run(['Sales', 's.zst']).ended;
          assertFailed(ended, 5, /Msg 262/);
          assert.match(ended.stderr, command);
        },
        { version },
      ));
});
