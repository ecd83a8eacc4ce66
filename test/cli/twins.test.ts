// Databases whose names a file system may not tell apart have files of their own. The whole program.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { Rig } from '../rig/rig.ts';
import { smallDatabase } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';

const nfc = 'Caf\u00e9';
const nfd = 'Cafe\u0301';
const databases = ['Sales', 'sales', nfc, nfd, 'Other'].map((name) => ({ ...smallDatabase, name }));
const server = { databases, caseSensitive: true };

function tagged(name: string): string {
  return `${name}~${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

const asksForNames = ({ server: { statements } }: Rig): boolean =>
  statements.some((text) => /^SELECT name FROM sys\.databases$/.test(text));

suite('twins in sys.databases', { concurrency: 2 }, () => {
  const stored = [...['Sales', 'sales', nfc, nfd].map(tagged), 'Other'].map(
    (name) => `${name}_full.zst`,
  );

  test('five databases with the same command line have five files', () =>
    trial(
      stored,
      async (rig) => {
        for (const [index, { name }] of databases.entries()) {
          const args = [name, '{database}_{type}.zst', '--type', 'full', '--overwrite'];
          const ended = await rig.run(args).ended;
          assertSucceeded(ended);
          assert.ok(ended.lastLine.includes(`file=${stored[index]} `), ended.lastLine);
          const warned = /^warning: some file systems cannot tell/m.test(ended.stderr);
          assert.equal(warned, name !== 'Other', ended.stderr);
          const info = await rig.bare(['info', '--json', stored[index] ?? '']).ended;
          assert.equal(JSON.parse(info.stdout.toString()).files[0].archive.database, name);
        }
      },
      server,
    ));

  test('a dry run shows the tag, and stripes have it too', () =>
    trial(
      [1, 2].map((stripe) => `${tagged('sales')}.${stripe}`),
      async (rig) => {
        const args = ['sales', '{database}.{stripe}', '--stripes', '2'];
        const dry = await rig.run([...args, '--dry-run']).ended;
        assert.equal(dry.code, 0, dry.stderr);
        const files = [1, 2].map((stripe) => `${tagged('sales')}.${stripe}`).join(',');
        assert.ok(dry.lastLine.endsWith(`file=${files}`), dry.lastLine);
        const ended = await rig.run(args).ended;
        assert.equal(ended.code, 0, ended.stderr);
        assert.ok(ended.lastLine.includes(`file=${files} `), ended.lastLine);
      },
      server,
    ));

  test('a file of the time before there was a twin is in nobody’s way', () =>
    trial(
      ['Sales.zst', `${tagged('Sales')}.zst`],
      async (rig) => {
        await writeFile(rig.path('Sales.zst'), 'before');
        assertSucceeded(await rig.run(['Sales', '{database}.zst']).ended);
        assertFailed(
          await rig.run(['Sales', '{database}.zst']).ended,
          8,
          /Sales~[0-9a-f]{8}\.zst: it exists already/,
        );
      },
      server,
    ));

  test('a name without {database} is what was said, and nobody asks', () =>
    trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['sales', 's.zst']).ended);
        assert.ok(!asksForNames(rig));
      },
      server,
    ));

  test('a log must not go where the backup of a twin goes', () =>
    trial(
      [],
      async (rig) => {
        const log = `${tagged('Sales')}.zst`;
        const args = ['Sales', '{database}.zst', '--log-file', log];
        assertFailed(await rig.run(args).ended, 2, /the job itself reads or writes it/);
      },
      server,
    ));

  test('the checks of a file wait for the name, and are made before BACKUP is sent', () =>
    trial(
      ['Other.zst'],
      async (rig) => {
        await writeFile(rig.path('Other.zst'), 'before');
        const ended = await rig.run(['Other', '{database}.zst']).ended;
        assertFailed(ended, 8, /Other\.zst: it exists already/);
        assert.ok(!rig.server.statements.some((text) => /^BACKUP/.test(text)));
      },
      server,
    ));
});
