// Names from a server and a command line that turn a terminal's text around, move its cursor, or are not seen at all.

import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { objects } from '../rig/odd-passwords.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, trial } from '../rig/trial.ts';

/** Override, isolate, zero width space, byte order mark, separators, CSI, DEL. */
const odd = '\u202e\u2066\u200b\ufeff\u2028\u2029\u009b\u007f';
const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const database = {
  name: `Sa${odd}les`,
  streams: { kind: 'generate', bytes: 1024 * 1024 },
} as const;
const options = { databases: [database] };
/** Of a path only what no file system and no check of ours refuses. */
const file = `s\u202e\u2066\u200b\ufeff\u2028\u2029.zst`;

function assertHarmless(what: string, text: string | Buffer): void {
  const lines = text.toString().split('\n');
  for (const line of lines) assert.doesNotMatch(line, harmful, `${what}: ${JSON.stringify(line)}`);
}

async function named(leaves: readonly string[], body: (rig: Rig) => Promise<void>) {
  await trial(leaves, body, options);
}

const message = { number: 50001, severity: 0, text: `odd ${odd} message` };

suite('odd characters reach no terminal', { concurrency: 2 }, () => {
  test('in the lines of a backup, of info, of verify and of a restore', () =>
    named([file], async (rig) => {
      rig.server.fault({ messages: [message] });
      const backup = await rig.run([database.name, file]).ended;
      assert.equal(backup.code, 0, backup.stderr);
      assert.match(backup.stderr, /sql: Msg 50001, Level 0: odd .*\? message/);
      assertHarmless('backup', backup.stderr);
      for (const args of [
        ['info', file],
        ['verify', file],
        ['--dry-run', database.name, 'x.zst'],
      ]) {
        const ended = await (args[0] === '--dry-run' ? rig.run(args) : rig.bare(args)).ended;
        assertHarmless(`${args[0]} stdout`, ended.stdout);
        assertHarmless(`${args[0]} stderr`, ended.stderr);
      }
    }));

  test('in a dry run, which says that its T-SQL is not exact, and with --json is', () =>
    named([], async (rig) => {
      const dry = ['--dry-run', database.name, 'x.zst'];
      const { stderr } = await rig.run(dry).ended;
      assertHarmless('dry run', stderr);
      assert.match(stderr, /^BACKUP DATABASE \[Sa\?+les\]/m);
      assert.match(stderr, /^note: .*T-SQL.*--json/m);
      const { stderr: json } = await rig.run([...dry, '--json']).ended;
      assertHarmless('--json', json);
      const plan = objects(json).find(({ event }) => event === 'plan');
      assert.ok(String(plan?.statement).startsWith(`BACKUP DATABASE [${database.name}]`));
    }));

  test('in events and logs, which keep the names exact', () =>
    named([file, 'l.log'], async (rig) => {
      rig.server.fault({ messages: [message] });
      const args = [database.name, file, '--json', '--log-file', 'l.log'];
      const { stderr } = await rig.run(args).ended;
      assertHarmless('--json', stderr);
      const log = await rig.read('l.log');
      assertHarmless('log', log);
      for (const text of [stderr, log.toString()]) {
        const events = objects(text);
        assert.equal(events.at(-1)?.database, database.name);
        assert.ok(events.some((event) => event.text === message.text));
      }
      assert.deepEqual((await readdir(rig.folder)).sort(), [file, 'l.log'].sort());
    }));

  test('in what is said of a command line that is refused', () =>
    named(['pw'], async (rig) => {
      await writeFile(rig.path('pw'), '');
      const lines = [
        [`--type=${odd}`, 'S', 's'],
        [`--${odd}`, 'S', 's'],
        ['--password-file', `${odd}`, 'S', 's'],
        ['-S', `${odd},x`, 'S', 's'],
        [`S${odd}`, `/nowhere${odd}/s`],
        ['extract', `${odd}.zst`, 'out'],
      ];
      for (const words of lines)
        for (const more of [[], ['--json']]) {
          const ended = await rig.run([...words, ...more]).ended;
          assertHarmless(JSON.stringify(words), ended.stderr);
          assertHarmless(JSON.stringify(words), ended.stdout);
        }
    }));

  test('in the evidence of a drill', () =>
    named([file, 'j.xml'], async (rig) => {
      assert.equal((await rig.run([database.name, file]).ended).code, 0);
      rig.server.instance.checkdb = { finds: odd };
      const ended = await rig.run(['drill', file, '--junit', 'j.xml']).ended;
      assertFailed(ended, 10, /DBCC CHECKDB/);
      for (const [what, text] of [
        ['stderr', ended.stderr],
        ['stdout', ended.stdout],
        ['JUnit', await rig.read('j.xml')],
      ] as const)
        assertHarmless(what, text);
    }));
});
