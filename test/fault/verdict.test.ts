// What SQL Server says after it was told that every byte is safe, and what becomes of the file: published, kept until it
// has been asked again, or removed.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Rig } from '../rig/rig.ts';
import { assertFailed, assertSucceeded } from '../rig/trial.ts';
import type { Fault, RaisedError } from '../standin/fault.ts';

type Fate = 'published' | 'kept' | 'removed';

const terminated: RaisedError = {
  number: 3013,
  text: 'BACKUP DATABASE is terminating abnormally.',
};
const history: RaisedError = {
  number: 3009,
  text: 'Could not insert a backup or restore history/detail record in the msdb database.',
};
const msdbFull: RaisedError = {
  number: 9002,
  severity: 17,
  text: "The transaction log for database 'msdb' is full.",
};
const killed: RaisedError = {
  number: 596,
  severity: 21,
  text: 'Cannot continue the execution because the session is in the kill state.',
};
const pageDamage: RaisedError = { number: 3043, text: 'BACKUP detected an error on page (1:77).' };

const cases: readonly (readonly [title: string, fault: Fault, fate: Fate, reason?: RegExp])[] = [
  [
    '3014 and then 3013',
    { 'after-3014': [terminated] },
    'kept',
    /Msg 3013: .*, after it had reported success/,
  ],
  ['3013 and then 3014, as ODBC may sort them', { messages: [terminated] }, 'kept', /Msg 3013: /],
  [
    '3014 and then another error with 3013',
    { 'after-3014': [pageDamage, terminated] },
    'kept',
    /Msg 3043: .*, after it had reported success/,
  ],
  ['3014 and then another error', { 'after-3014': [pageDamage] }, 'kept', /Msg 3043: /],
  ['3014 and then a warning', { 'after-3014': [{ ...pageDamage, severity: 10 }] }, 'published'],
  ['3014 and then 3009', { 'after-3014': [history] }, 'published'],
  ['3014, then why msdb failed, and 3009', { 'after-3014': [msdbFull, history] }, 'published'],
  ['an error, and then 3014', { messages: [pageDamage] }, 'published'],
  ['3014, and then the session is killed', { 'after-3014': [killed] }, 'published'],
  [
    'an end without any verdict',
    { 'no-3014': true },
    'kept',
    /without saying that it succeeded \(Msg 3014\)/,
  ],
  [
    'the session is killed before 3014',
    { 'no-3014': true, messages: [killed] },
    'kept',
    /Msg 596: /,
  ],
  [
    'the history fails, and no 3014 comes',
    { 'no-3014': true, messages: [history] },
    'kept',
    /Msg 3009: /,
  ],
  ['3013 without 3014', { 'no-3014': true, messages: [terminated] }, 'removed', /Msg 3013: /],
  ['an error without 3014', { 'no-3014': true, messages: [pageDamage] }, 'removed', /Msg 3043: /],
];

const names: Record<Fate, RegExp> = {
  published: /^s\.zst$/,
  kept: /^s\.zst\.unconfirmed-[0-9a-f]{8}$/,
  removed: /^$/,
};

suite('after the last Complete', { concurrency: 3 }, () => {
  for (const [title, fault, fate, reason] of cases)
    test(`${title}: ${fate}`, () => ends(fault, fate, reason));
});

async function ends(fault: Fault, fate: Fate, reason: RegExp | undefined): Promise<void> {
  const rig = await Rig.create();
  try {
    rig.server.fault(fault);
    const ended = await rig.run(['Sales', 's.zst']).ended;
    if (reason) assertFailed(ended, 7, reason);
    else assertSucceeded(ended);
    assert.match((await rig.files()).join(), names[fate]);
    assert.equal(/SQL Server may count on this backup/.test(ended.lastLine), fate === 'kept');
    assert.deepEqual(rig.breaches, []);
  } finally {
    await rig.close();
  }
}

suite('what is kept, otherwise', { concurrency: 3 }, () => {
  test('with --json: its full path and set id are data of the error event', async () => {
    const rig = await Rig.create();
    try {
      rig.server.fault({ 'lose-3014': 'reset' });
      const { lastLine, code } = await rig.run(['Sales', 's.zst', '--json']).ended;
      const { event, setId, unconfirmed } = JSON.parse(lastLine);
      const [name] = await rig.files();
      assert.deepEqual(
        { code, event, unconfirmed },
        { code: 4, event: 'error', unconfirmed: [rig.path(name ?? '')] },
      );
      assert.equal(name, `s.zst.unconfirmed-${setId.slice(0, 8)}`);
      assert.deepEqual(rig.server.instance.history[0]?.devices, [setId]);
    } finally {
      await rig.close();
    }
  });

  test('a name too long for the addition stays a partial file, and the user is told to move it', async () => {
    const rig = await Rig.create();
    try {
      const name = `${'n'.repeat(243)}.zst`;
      rig.server.fault({ 'lose-3014': 'reset' });
      const ended = await rig.run(['Sales', name]).ended;
      assertFailed(ended, 4, /which is kept as .*\.zst\.partial /);
      assert.deepEqual(await rig.files(), [`${name}.partial`]);
      assert.match(ended.stderr, /^hint: Move .* away before the next run, .*ENAMETOOLONG/m);
    } finally {
      await rig.close();
    }
  });

  for (const compress of ['zstd', 'none'])
    test(`stdout with --compress ${compress}: what its reader has is said, and how to ask`, async () => {
      const rig = await Rig.create();
      try {
        rig.server.fault({ 'lose-3014': 'reset' });
        const ended = await rig.run(['Sales', '-', '--compress', compress]).ended;
        assertFailed(
          ended,
          4,
          /may count on this backup, of which standard output has taken every byte/,
        );
        const [set] = rig.server.instance.history;
        assert.ok(ended.stderr.includes(`physical_device_name ${set?.devices[0]}.`), ended.stderr);
        assert.deepEqual(await rig.files(), []);
      } finally {
        await rig.close();
      }
    });

  test('where SQL Server does not offer Complete, the answer to the last Flush counts', async () => {
    const rig = await Rig.create({ completeEnabled: false });
    try {
      rig.server.fault({ 'lose-3014': 'reset' });
      assertFailed(await rig.run(['Sales', 's.zst']).ended, 4, /which is kept as /);
      assert.match((await rig.files()).join(), names.kept);
    } finally {
      await rig.close();
    }
  });

  test('where it does, the answer to a Flush is not the last: the file goes', async () => {
    const rig = await Rig.create();
    try {
      rig.server.fault({ 'hold-complete': 60_000 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('the Flush', () =>
        rig.judged().some((line) => /CompleteCommand .*command=Flush code=0/.test(line)),
      );
      rig.server.disconnectAll();
      assertFailed(await program.ended, 4, /connection to SQL Server was lost/);
      assert.deepEqual(await rig.files(), []);
    } finally {
      await rig.close();
    }
  });
});
