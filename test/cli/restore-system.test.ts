// RESTORE over the system databases: what cannot be is refused before anything is touched, and the restore of master, which
// ends with the server, is a success.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const streams = { kind: 'generate', bytes: 1024 * 1024 } as const;

/** `body` after a backup of the database as s.zst. */
function backedUp(database: string, body: (rig: Rig) => Promise<void>): Promise<void> {
  const whole = async (rig: Rig) => {
    assertSucceeded(await rig.run([database, 's.zst', '--type', 'full']).ended);
    await body(rig);
  };
  return trial(['s.zst'], whole, { databases: [{ name: 'Sales', streams }] });
}

function restores({ server }: Rig): string[] {
  return server.statements.filter((text) => text.startsWith('RESTORE'));
}

suite('a restore of master', { concurrency: 2 }, () => {
  test('succeeds with Msg 3150, although SQL Server shuts down', () =>
    backedUp('master', async (rig) => {
      rig.server.instance.singleUser = true;
      const { code, lastLine, stderr, elapsedMs } = await rig.run([
        'restore',
        'MASTER',
        's.zst',
        '--replace',
      ]).ended;
      assert.equal(code, 0, stderr);
      assert.match(lastLine, /^OK MASTER restore /);
      assert.match(stderr, /^warning: SQL Server has restored master, and shuts itself down/m);
      assert.match(stderr, /^hint: Start it again, without -m\.$/m);
      assert.doesNotMatch(stderr, /could not be asked|was lost/);
      assert.ok(elapsedMs < 10_000, 'nobody waits for a server that is gone');
      assert.equal(rig.server.instance.isShutDown, true);
      const [statement, ...others] = restores(rig);
      assert.deepEqual(others, []);
      assert.match(
        statement ?? '',
        /^RESTORE DATABASE \[MASTER\] FROM VIRTUAL_DEVICE = N'[^']+' WITH REPLACE, RECOVERY/,
      );
    }));

  test('is refused while SQL Server lets others in, before any device', () =>
    backedUp('master', async (rig) => {
      for (const args of [[], ['--dry-run']]) {
        const ended = await rig.run(['restore', 'master', 's.zst', '--replace', ...args]).ended;
        assertFailed(ended, 6, /master is only restored while SQL Server is in single-user mode/);
        assert.match(ended.stderr, /-mvdibackup/);
      }
      assert.deepEqual(restores(rig), []);
    }));

  const impossible: [string, readonly string[], RegExp][] = [
    [
      'left RESTORING',
      ['--norecovery'],
      /--norecovery cannot be: master is restored and recovered in a single step/,
    ],
    ['in standby', ['--standby', '/x/undo'], /--standby cannot be/],
    ['to a point in time', ['--stop-at', '2026-05-01 18:00'], /--stop-at cannot be/],
    ['to a point in time of --with', ['--with', "STOPAT = '2026-05-01'"], /STOPAT cannot be/],
    [
      'to another place',
      ['--move', 'master=/x/master.mdf'],
      /--move cannot be: RESTORE does not move master/,
    ],
    ['to another folder', ['--data-dir', '/x'], /--data-dir cannot be/],
  ];
  for (const [title, args, reason] of impossible)
    test(`${title} is refused before anybody is asked`, () =>
      backedUp('master', async (rig) => {
        const logins = rig.server.logins.length;
        const ended = await rig.run(['restore', 'master', 's.zst', '--replace', ...args]).ended;
        assertFailed(ended, 2, reason);
        assert.equal(rig.server.logins.length, logins);
      }));

  test('from a backup of another database is refused before anybody is asked', () =>
    backedUp('Sales', async (rig) => {
      const logins = rig.server.logins.length;
      const ended = await rig.run(['restore', 'master', 's.zst', '--replace']).ended;
      assertFailed(ended, 2, /s\.zst is a backup of Sales: only one of master/);
      assert.equal(rig.server.logins.length, logins);
    }));

  test('from a log backup is refused before anybody is asked', () => {
    const body = async (rig: Rig) => {
      assertSucceeded(await rig.run(['Sales', 'f.zst', '--type', 'full']).ended);
      assertSucceeded(await rig.run(['Sales', 'l.zst', '--type', 'log']).ended);
      assertSucceeded(await rig.run(['Sales', 'd.zst', '--type', 'diff']).ended);
      const logins = rig.server.logins.length;
      const log = await rig.run(['restore', 'master', 'l.zst']).ended;
      assertFailed(log, 2, /l\.zst is a log backup: master is only restored from a full one/);
      const diff = await rig.run(['restore', 'master', 'd.zst']).ended;
      assertFailed(diff, 2, /d\.zst is a differential backup/);
      assert.equal(rig.server.logins.length, logins);
    };
    const databases = [{ name: 'Sales', streams }];
    return trial(['f.zst', 'l.zst', 'd.zst'], body, { databases });
  });

  test('under another name is one of any database', () =>
    backedUp('master', async (rig) => {
      const ended = await rig.run(['restore', 'master_copy', 's.zst']).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(restores(rig).at(-1) ?? '', /MOVE N'master' TO /);
    }));
});

suite('a restore of msdb', { concurrency: 2 }, () => {
  test('moves no file', () =>
    backedUp('msdb', async (rig) => {
      const ended = await rig.run(['restore', 'msdb', 's.zst', '--replace']).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(rig.server.instance.find('msdb')?.state, 'ONLINE');
      assert.doesNotMatch(restores(rig).join('\n'), /MOVE/);
    }));

  test('from another build is refused before any device; under another name it is not', () =>
    backedUp('msdb', async (rig) => {
      rig.server.instance.version = '16.0.4155.4';
      const ended = await rig.run(['restore', 'msdb', 's.zst', '--replace']).ended;
      assertFailed(ended, 5, /taken on build 16\.0\.4135, this is 16\.0\.4155\.4/);
      assert.deepEqual(restores(rig), []);
      const copy = await rig.run(['restore', 'msdb_copy', 's.zst']).ended;
      assert.equal(copy.code, 0, copy.stderr);
    }));

  test('or of any other database than master is refused in single-user mode', () =>
    backedUp('msdb', async (rig) => {
      rig.server.instance.singleUser = true;
      const ended = await rig.run(['restore', 'msdb', 's.zst', '--replace']).ended;
      assertFailed(ended, 6, /single-user mode, in which it restores nothing but master/);
      assert.deepEqual(restores(rig), []);
    }));
});

test('a restore of tempdb is refused before anybody is asked', () =>
  backedUp('Sales', async (rig) => {
    const logins = rig.server.logins.length;
    assertFailed(
      await rig.run(['restore', 'TempDB', 's.zst']).ended,
      6,
      /tempdb cannot be restored/,
    );
    assert.equal(rig.server.logins.length, logins);
  }));
