// The drill as scripts and CI systems see it: evidence on stdout, JUnit in a file, exit 10 for restored but wrong,
// and never a database left behind.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { link, lstat, mkdir, readFile, rmdir, symlink, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { assertNoDrillDatabase, evidence } from '../rig/drill-phases.ts';
import { checkJunit } from '../rig/junit-check.ts';
import { slowLogin } from '../rig/phases.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

async function drilled(
  body: (rig: Rig) => Promise<void>,
  leaves: readonly string[] = [],
): Promise<void> {
  await trial(['s.zst', ...leaves], async (rig) => {
    assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
    await body(rig);
    assertNoDrillDatabase(rig);
  });
}

/** Through a link, which is all that is lost when the program renames over it. */
async function fullDevice(rig: Rig): Promise<string> {
  await symlink('/dev/full', rig.path('full'));
  return 'full';
}

suite('a drill', { concurrency: 2 }, () => {
  test('that passes says so, with the times it took and the age of the data', () =>
    drilled(
      async (rig) => {
        const args = ['--assert', 'SELECT 41 + 1', '--expect', '= 42', '--junit', 'j.xml'];
        const ended = await rig.run(['drill', 's.zst', ...args]).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.lastLine, /^OK drill .* file=s\.zst$/);
        const { verdict, dropped, rtoMs = 0, rpo, checkdb, assertions, database } = evidence(ended);
        assert.deepEqual([verdict, dropped, checkdb.outcome], ['passed', true, 'passed']);
        assert.equal(assertions[0]?.actual, '42');
        assert.ok(rtoMs > 0 && rtoMs < ended.elapsedMs);
        assert.ok(rpo && Math.abs(rpo.ageMs) < 60_000, JSON.stringify(rpo));
        const wanted = ['RESTORE DATABASE', 'DBCC CHECKDB', 'DROP DATABASE'].map((words) =>
          rig.server.statements.findIndex(
            (text) => text.startsWith(words) && text.includes(database),
          ),
        );
        assert.deepEqual(
          wanted,
          wanted.toSorted((a, b) => a - b),
        );
        assert.ok(!wanted.includes(-1), rig.server.statements.join('\n'));
        const [cases] = checkJunit((await rig.read('j.xml')).toString()).children;
        assert.equal(cases?.attributes.tests, '3');
      },
      ['j.xml'],
    ));

  test('compares the first value of the first row, however many there are and whatever they are called', () =>
    drilled(async (rig) => {
      const asks = (query: string) => ['--assert', query, '--expect', '= 7'];
      const args = [...asks('SELECT 7, 8'), ...asks('SELECT 7 AS b, 8 AS [1]')];
      const ended = await rig.run(['drill', 's.zst', ...args]).ended;
      assert.equal(ended.code, 0, ended.stderr);
    }));

  test('whose assertions fail names the first, reports all, and ends with 10', () =>
    drilled(
      async (rig) => {
        const script =
          "-- name: a < b\n-- expect: 'x'\nSELECT 'y & z'\nGO\n-- expect: 1\nSELECT nope\nGO\n-- expect: 1\nSELECT 1";
        await writeFile(rig.path('a.sql'), script);
        const args = ['drill', 's.zst', '--assert-file', 'a.sql', '--junit', 'j.xml'];
        const ended = await rig.run(args).ended;
        assertFailed(ended, 10, /restored, but a < b: expected 'x', but was y & z \(and 1 more\)/);
        const { verdict, assertions } = evidence(ended);
        assert.equal(verdict, 'failed');
        assert.deepEqual(
          assertions.map(({ outcome }) => outcome),
          ['failed', 'failed', 'passed'],
        );
        const [cases] = checkJunit((await rig.read('j.xml')).toString()).children;
        assert.deepEqual([cases?.attributes.tests, cases?.attributes.failures], ['5', '2']);
      },
      ['a.sql', 'j.xml'],
    ));

  test('whose database is damaged ends with 10', () =>
    drilled(async (rig) => {
      rig.server.instance.checkdb = {
        finds: 'Object ID 1, index ID 1: Page (1:79) could not be processed.',
      };
      const ended = await rig.run(['drill', 's.zst']).ended;
      assertFailed(ended, 10, /restored, but DBCC CHECKDB: Msg 8928/);
      assert.equal(evidence(ended).checkdb.outcome, 'failed');
    }));

  test('of a damaged archive ends with 9, and its evidence says that nothing was examined', () =>
    drilled(
      async (rig) => {
        const archive = await rig.read('s.zst');
        const at = Math.floor(archive.length * 0.7);
        archive.writeUInt8(archive.readUInt8(at) ^ 0xff, at);
        await writeFile(rig.path('bad.zst'), archive);
        const ended = await rig.run(['drill', 'bad.zst', '--junit', 'j.xml']).ended;
        assertFailed(ended, 9, /bad\.zst is damaged/);
        assert.doesNotMatch(ended.stderr, /left RESTORING/);
        const { verdict, restore, checkdb, dropped } = evidence(ended);
        assert.deepEqual(
          [verdict, restore.outcome, checkdb.outcome, dropped],
          ['not-restored', 'failed', 'skipped', true],
        );
        const [cases] = checkJunit((await rig.read('j.xml')).toString()).children;
        assert.deepEqual([cases?.attributes.errors, cases?.attributes.skipped], ['1', '1']);
      },
      ['bad.zst', 'j.xml'],
    ));

  test('whose database is held for a moment drops it all the same', () =>
    drilled(async (rig) => {
      rig.server.instance.refusedDrops = 3;
      const ended = await rig.run(['drill', 's.zst']).ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(evidence(ended).dropped, true);
    }));

  test('that cannot write its JUnit file says so after its evidence', () =>
    drilled(
      async (rig) => {
        const ended = await rig.run(['drill', 's.zst', '--junit', await fullDevice(rig)]).ended;
        assertFailed(ended, 8, /cannot write full: /);
        assert.equal(evidence(ended).verdict, 'passed');
      },
      ['full'],
    ));

  test('whose JUnit file cannot be written, as is known before, restores nothing', () =>
    drilled(async (rig) => {
      const logins = rig.server.logins.length;
      await mkdir(rig.path('folder'));
      for (const name of ['no/such/j.xml', 'folder']) {
        const ended = await rig.run(['drill', 's.zst', '--junit', name]).ended;
        assertFailed(ended, 8, new RegExp(`cannot write ${name}: `));
      }
      await rmdir(rig.path('folder'));
      assert.equal(rig.server.logins.length, logins);
    }));

  const oldVerdict = '<?xml version="1.0"?><testsuites/>';

  test('that is refused leaves no verdict of an earlier one, and no other file is taken for one', () =>
    drilled(async (rig) => {
      for (const args of [
        ['s.zst', '--no-such-option'],
        ['s.zst', '--assert', 'SELECT 1'],
        ['s.zst', '--assert-file', 'none.sql'],
        [],
      ]) {
        await writeFile(rig.path('j.xml'), oldVerdict);
        const { code, stderr } = await rig.run(['drill', ...args, '--junit', 'j.xml']).ended;
        assert.notEqual(code, 0);
        assert.deepEqual(await rig.files(), ['s.zst'], stderr);
      }
      const kept = await readFile(rig.path('s.zst'));
      const refused = ['drill', '--junit', 's.zst', '--no-such-option'];
      assertFailed(await rig.run(refused).ended, 2, /no-such-option/);
      assert.deepEqual(await readFile(rig.path('s.zst')), kept);
    }));

  test('that is killed leaves no verdict of an earlier one', () =>
    drilled(async (rig) => {
      await writeFile(rig.path('j.xml'), oldVerdict);
      let asked = false;
      rig.server.loginFault(slowLogin(() => (asked = true)));
      const program = rig.run(['drill', 's.zst', '--junit', 'j.xml', '-l', '0']);
      await program.until('the login', () => asked);
      program.signal('SIGKILL');
      await program.ended;
      assert.deepEqual(await rig.files(), ['s.zst']);
    }));

  test('writes its JUnit file through no link at FILE.partial, and for its owner only', () =>
    drilled(
      async (rig) => {
        await writeFile(rig.path('victim'), 'untouched');
        await symlink('victim', rig.path('j.xml.partial'));
        const ended = await rig.run(['drill', 's.zst', '--junit', 'j.xml']).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.equal((await rig.read('victim')).toString(), 'untouched');
        const file = await lstat(rig.path('j.xml'));
        assert.deepEqual([file.isFile(), file.mode & 0o777], [true, 0o600]);
      },
      ['victim', 'j.xml'],
    ));

  test('does not write its JUnit file over what it reads', () =>
    drilled(
      async (rig) => {
        const before = await rig.read('s.zst');
        await symlink('s.zst', rig.path('l'));
        await link(rig.path('s.zst'), rig.path('x.partial'));
        for (const name of ['s.zst', 'l', 'x']) {
          const ended = await rig.run(['drill', 's.zst', '--junit', name]).ended;
          assertFailed(ended, 2, /--junit must not write .*: the job itself reads or writes it/);
        }
        assert.deepEqual(await rig.read('s.zst'), before);
      },
      ['l', 'x.partial'],
    ));

  test('writes its JUnit file into devices and pipes, and behind links', () =>
    drilled(
      async (rig) => {
        await symlink('j.xml', rig.path('l'));
        execFileSync('mkfifo', [rig.path('pipe')]);
        const piped = readFile(rig.path('pipe'), 'utf8');
        await symlink('/dev/null', rig.path('null'));
        for (const name of ['l', 'l', 'pipe', 'null']) {
          const ended = await rig.run(['drill', 's.zst', '--junit', name]).ended;
          assert.equal(ended.code, 0, ended.stderr);
        }
        for (const name of ['l', 'null']) assert.ok((await lstat(rig.path(name))).isSymbolicLink());
        assert.ok((await lstat(rig.path('pipe'))).isFIFO());
        checkJunit((await rig.read('j.xml')).toString());
        checkJunit(await piped);
      },
      ['j.xml', 'l', 'null', 'pipe'],
    ));

  test('that fails and cannot write its JUnit file ends as it would have, and leaves nothing', () =>
    drilled(
      async (rig) => {
        const args = ['--junit', await fullDevice(rig), '--assert', 'SELECT 1', '--expect', '2'];
        const ended = await rig.run(['drill', 's.zst', ...args]).ended;
        assertFailed(ended, 10, /expected 2, but was 1/);
        assert.match(ended.stderr, /^warning: cannot write full: /m);
        assert.equal(evidence(ended).reason, 'restored, but SELECT 1: expected 2, but was 1');
      },
      ['full'],
    ));

  test('whose evidence cannot be written does not pass in silence', () =>
    drilled(async (rig) => {
      const stdout = openSync('/dev/full', 'w');
      const ended = await rig.run(['drill', 's.zst'], { stdout }).ended;
      closeSync(stdout);
      assertFailed(ended, 8, /report could not be written to standard output/);
    }));

  test('of a log alone asks for the full backup, not for a database that never was', () => {
    const streams = { kind: 'generate', bytes: 1 } as const;
    const body = async (rig: Rig) => {
      assertSucceeded(await rig.run(['Sales', 'f.zst', '--type', 'full']).ended);
      assertSucceeded(await rig.run(['Sales', 'l.zst', '--type', 'log']).ended);
      const ended = await rig.run(['drill', 'l.zst']).ended;
      assertFailed(ended, 6, /no full backup among the files/);
      assert.doesNotMatch(ended.stderr, /vdibackup_drill_/);
    };
    return trial(['f.zst', 'l.zst'], body, { databases: [{ name: 'Sales', streams }] });
  });

  const misuses: [string, readonly string[], RegExp][] = [
    ['an --assert without its --expect', ['--assert', 'SELECT 1'], /needs an --expect/],
    ['an expectation of nothing', ['--assert', 'SELECT 1', '--expect', '>'], /nothing to expect/],
    [
      'a file of assertions that is not there',
      ['--assert-file', 'none.sql'],
      /cannot read --assert-file/,
    ],
  ];
  for (const [title, args, reason] of misuses)
    test(`refuses ${title}`, () =>
      trial([], async (rig) => {
        assertFailed(await rig.run(['drill', 's.zst', ...args]).ended, 2, reason);
        assert.deepEqual(rig.server.logins, []);
      }));
});
