// A restore over a database that is online: nothing of it is touched before its backups have proved to be good, and what is
// in no backup can be saved first.

import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { abort } from '../rig/aborting.ts';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { DatabaseDescription } from '../standin/instance.ts';

const MiB = 1024 * 1024;
const sales: DatabaseDescription = {
  name: 'Sales',
  // Several frames, so that damage in the middle is far from what says where a backup belongs.
  streams: { kind: 'generate', bytes: 20 * MiB, seed: 7 },
  log: { kind: 'generate', bytes: 20 * MiB, seed: 8 },
};

interface Options {
  readonly leaves?: readonly string[];
  readonly database?: Partial<DatabaseDescription>;
}

/** `body` after a full and a log backup of Sales. */
function saved(body: (rig: Rig) => Promise<void>, { leaves = [], database }: Options = {}) {
  return trial(
    ['full.zst', 'log.zst', ...leaves],
    async (rig) => {
      assertSucceeded(await rig.run(['Sales', 'full.zst', '--type', 'full']).ended);
      assertSucceeded(await rig.run(['Sales', 'log.zst', '--type', 'log']).ended);
      rig.server.statements.length = 0;
      await body(rig);
    },
    { databases: [{ ...sales, ...database }] },
  );
}

const replace = (rig: Rig, ...args: string[]) =>
  rig.run(['restore', 'Sales', 'full.zst', '--replace', ...args]);

/** What was sent that changes a database, without its devices. */
function sent({ server }: Rig): string[] {
  return server.statements
    .filter((text) => /^(BACKUP|RESTORE) (DATABASE|LOG)/.test(text))
    .map((text) => text.replace(/ (TO|FROM) .*/, ''));
}

const stateOf = ({ server }: Rig) => server.instance.find('Sales')?.state;

function assertRestored({ code, stderr, lastLine }: Ended): void {
  assert.equal(code, 0, stderr);
  assert.match(lastLine, /^OK Sales restore .* state=ONLINE$/);
}

async function spoil(rig: Rig, name: string): Promise<void> {
  const bytes = await rig.read(name);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(rig.path(name), bytes);
}

suite('before a database that is online is replaced', { concurrency: 2 }, () => {
  for (const bad of ['full.zst', 'log.zst'])
    test(`every backup is verified: with a damaged ${bad} it stays as it is`, () =>
      saved(async (rig) => {
        await spoil(rig, bad);
        const ended = await replace(rig, 'log.zst').ended;
        assertFailed(ended, 9, /\[Sales\] was not touched, because a backup is damaged: \S+zst/);
        assert.match(ended.stderr, /--no-verify restores this one all the same/);
        assert.match(ended.stderr, new RegExp(`vdibackup verify \\S+${bad}`));
        assert.deepEqual(sent(rig), []);
        assert.equal(stateOf(rig), 'ONLINE');
      }));

  test('--no-verify leaves that out', () =>
    saved(async (rig) => {
      await spoil(rig, 'full.zst');
      assertFailed(await replace(rig, '--no-verify').ended, 9, /full\.zst/);
      assert.equal(stateOf(rig), 'RESTORING');
      // Nobody can use it now: there is nothing to protect.
      const again = await replace(rig).ended;
      assert.equal(again.code, 9, again.stderr);
      assert.deepEqual(sent(rig), ['RESTORE DATABASE [Sales]', 'RESTORE DATABASE [Sales]']);
    }));

  test('good backups are restored, and only those of the chain are read', () =>
    saved(
      async (rig) => {
        await writeFile(rig.path('other.zst'), await rig.read('log.zst'));
        assertRestored(await replace(rig, 'log.zst').ended);
        assert.deepEqual(sent(rig), ['RESTORE DATABASE [Sales]', 'RESTORE LOG [Sales]']);
      },
      { leaves: ['other.zst'] },
    ));

  test('a new database is restored at once', () =>
    saved(async (rig) => {
      const { code, stderr } = await rig.run(['restore', 'Copy', 'full.zst', '--replace']).ended;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /checking: the backups|is lost/);
    }));

  test('a pipe, which can be read once only, is refused; a redirected file is not', () =>
    saved(async (rig) => {
      const args = ['restore', 'Sales', '-', '--replace'];
      for (const more of [[], ['--no-verify']]) {
        const program = rig.run([...args, ...more], { stdin: 'pipe' });
        program.child.stdin?.on('error', () => undefined);
        program.child.stdin?.end(await rig.read('full.zst'));
        const ended = await program.ended;
        if (more.length > 0) assertRestored(ended);
        else assertFailed(ended, 2, /a pipe cannot be verified before database \[Sales\]/);
        assert.equal(sent(rig).length, more.length);
      }
      const file = openSync(rig.path('full.zst'), 'r');
      try {
        const ended = await rig.run(args, { stdin: file }).ended;
        assertRestored(ended);
        assert.match(ended.stderr, /^standard input: good$/m);
      } finally {
        closeSync(file);
      }
    }));

  test('Ctrl-C during the verification touches nothing', () =>
    saved(async (rig) => {
      const env = rig.witnessed('pread:sleep3000:12+:full.zst');
      const program = rig.run(['restore', 'Sales', 'full.zst', '--replace'], { env });
      await program.until('the verification', () =>
        program.stderr.includes('checking: the backups'),
      );
      assertFailed(await abort(program, 'SIGINT'), 130, /Ctrl-C/);
      assert.deepEqual(sent(rig), []);
    }));

  test('a file that hangs is a stall, where one was asked for', () =>
    saved(async (rig) => {
      const env = rig.witnessed('pread:sleep60000:12+:full.zst');
      const args = ['restore', 'Sales', 'full.zst', '--replace', '--stall-timeout', '1s'];
      assertFailed(await rig.run(args, { env }).ended, 12, /the source is stuck/);
      assert.deepEqual(sent(rig), []);
    }));

  test('a dry run says so and reads nothing', () =>
    saved(async (rig) => {
      await spoil(rig, 'full.zst');
      const { code, stderr } = await replace(rig, '--dry-run').ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^before: every backup is verified$/m);
      assert.deepEqual(sent(rig), []);
    }));
});

suite('what is in no backup', { concurrency: 2 }, () => {
  test('is said of a database in FULL: since the last log backup', () =>
    saved(async (rig) => {
      const { stderr } = await replace(rig, '--dry-run').ended;
      const [log] = rig.server.instance.history.filter(({ type }) => type === 'L');
      const local = new Date(
        (log?.started.getTime() ?? 0) - new Date().getTimezoneOffset() * 60_000,
      );
      const since = local.toISOString().slice(0, 19);
      const lost = `what was changed in database [Sales] (recovery model FULL) since its last log backup, which began at ${since}, is lost`;
      assert.ok(stderr.includes(`warning: ${lost}\n`), stderr);
      assert.match(stderr, /^hint: To keep it, back up the tail of the log first: --tail FILE\.$/m);
    }));

  test('is everything where there never was a full backup', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        const { stderr } = await rig.run(['restore', 'Sales', 's.zst', '--replace', '-n']).ended;
        assert.match(
          stderr,
          /no log backup of database \[Sales\] .* is possible, .*: all of it is lost/,
        );
        const tail = ['restore', 'Sales', 's.zst', '--replace', '--tail', 't.trn'];
        assertFailed(
          await rig.run(tail).ended,
          6,
          /--tail has no log to back up: .* no full backup/,
        );
      },
      { databases: [sales] },
    ));

  test('is not spoken of in SIMPLE', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
        const { stderr } = await rig.run(['restore', 'Sales', 's.zst', '--replace', '-n']).ended;
        assert.doesNotMatch(stderr, /is lost/);
      },
      { databases: [{ ...sales, recoveryModel: 'SIMPLE' }] },
    ));
});

suite('--tail', { concurrency: 2 }, () => {
  const tail = ['--tail', '{database}_{type}.trn'];

  test('backs the log up WITH NORECOVERY after the verification and before the restore', () =>
    saved(
      async (rig) => {
        const ended = await replace(rig, ...tail, '--json').ended;
        assert.equal(ended.code, 0, ended.stderr);
        const events = ended.stderr
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        const order = events.flatMap(({ event }) =>
          ['verified', 'tail', 'restoring', 'summary'].includes(event) ? [event] : [],
        );
        assert.deepEqual(order, ['verified', 'tail', 'restoring', 'summary']);
        const { files, setId } = events.find(({ event }) => event === 'tail');
        assert.deepEqual(files, [rig.path('Sales_log.trn')]);
        assert.deepEqual(events.at(-1).tail, { files, setId });
        assert.deepEqual(sent(rig), ['BACKUP LOG [Sales]', 'RESTORE DATABASE [Sales]']);
        const [backup = ''] = rig.server.statements.filter((text) => /^BACKUP/.test(text));
        assert.match(backup, / WITH FORMAT, .*, NORECOVERY$/);
        assert.ok(!events.some(({ code }) => code === 'unsaved-log'));
      },
      { leaves: ['Sales_log.trn'] },
    ));

  test('leads from the last log backup to the end', () =>
    saved(
      async (rig) => {
        const ended = await replace(rig, 'log.zst', ...tail).ended;
        assertRestored(ended);
        assert.match(ended.stderr, /^the tail of the log is in \S+Sales_log\.trn$/m);
        const files = ['full.zst', 'log.zst', 'Sales_log.trn'];
        const copy = await rig.run(['restore', 'Copy', ...files]).ended;
        assert.equal(copy.code, 0, copy.stderr);
        assert.equal(sent(rig).filter((text) => text === 'RESTORE LOG [Copy]').length, 2);
      },
      { leaves: ['Sales_log.trn'] },
    ));

  test('in a dry run shows both statements and sends none', () =>
    saved(async (rig) => {
      const { code, stderr } = await replace(rig, ...tail, '--dry-run').ended;
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^BACKUP LOG \[Sales\] .*, NORECOVERY$[\s\S]*^RESTORE DATABASE \[Sales\]/m,
      );
      assert.deepEqual(sent(rig), []);
    }));

  test('is refused before the verification where there is no tail', () =>
    saved(async (rig) => {
      const missing = ['restore', 'Copy', 'full.zst', '--replace', ...tail];
      assertFailed(await rig.run(missing).ended, 6, /no database \[Copy\] is online and being/);
      const without = ['restore', 'Sales', 'full.zst', ...tail];
      assertFailed(await rig.run(without).ended, 2, /--tail is for a database that --replace/);
      assertFailed(await replace(rig, '--tail', '-').ended, 2, /--tail takes a file/);
      const ended = await replace(rig, '--tail', 'log.zst').ended;
      assertFailed(ended, 8, /the tail of the log: .*log\.zst: it exists already/);
      assert.deepEqual(sent(rig), []);
      assert.equal(stateOf(rig), 'ONLINE');
      const database = rig.server.instance.find('Sales');
      assert.ok(database);
      database.recoveryModel = 'SIMPLE';
      const simple = await replace(rig, ...tail).ended;
      assertFailed(simple, 6, /\[Sales\] has the recovery model SIMPLE/);
      assert.doesNotMatch(simple.stderr, /checking:/);
    }));

  test('that fails ends the run, and the database is as it was', () =>
    saved(async (rig) => {
      const text = 'Exclusive access could not be obtained because the database is in use.';
      rig.server.fault({ error: { number: 3101, text } });
      const ended = await replace(rig, ...tail).ended;
      assertFailed(ended, 6, /the tail of the log: .*Msg 3101/);
      assert.match(ended.stderr, /SET SINGLE_USER WITH ROLLBACK IMMEDIATE/);
      assert.match(
        ended.stderr,
        /^warning: database \[Sales\] is ONLINE, as it was before this run$/m,
      );
      assert.deepEqual(sent(rig), ['BACKUP LOG [Sales]']);
    }));

  test('is not lost when the restore fails, and the way back is said', () =>
    saved(
      async (rig) => {
        rig.server.fault({});
        rig.server.fault({
          error: { number: 3241, text: 'The media family is incorrectly formed.' },
        });
        const ended = await replace(rig, ...tail).ended;
        assertFailed(ended, 9, /Msg 3241/);
        assert.match(
          ended.stderr,
          /\[Sales\] is RESTORING since the tail .*; nothing was restored/,
        );
        assert.match(
          ended.stderr,
          /without --tail, .*: RESTORE DATABASE \[Sales\] WITH RECOVERY;$/m,
        );
        assert.match(ended.stderr, /^the tail of the log is in \S+Sales_log\.trn$/m);
        assertFailed(await replace(rig, ...tail).ended, 6, /no database \[Sales\] is online/);
        assertRestored(await replace(rig).ended);
      },
      { leaves: ['Sales_log.trn'] },
    ));

  test('whose verdict is lost is kept, and nothing is restored over the database', () =>
    trial(
      ['full.zst', 'kept'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 'full.zst', '--type', 'full']).ended);
        rig.server.fault({ 'lose-3014': 'reset' });
        const ended = await replace(rig, ...tail).ended;
        assertFailed(ended, 4, /the tail of the log: .*which is kept as \S+Sales_log\.trn\.unconf/);
        assert.match(ended.stderr, /\[Sales\] is RESTORING since the tail/);
        assert.ok(!sent(rig).some((text) => /^RESTORE/.test(text)));
        const [name = ''] = (await rig.files()).filter((file) => /unconfirmed/.test(file));
        await rename(rig.path(name), rig.path('kept'));
      },
      { databases: [sales] },
    ));
});
