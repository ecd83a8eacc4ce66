// What --overwrite may replace: a backup of the same database, and what is no backup. The whole program.

import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { Ended } from '../rig/program.ts';
import { Rig, smallDatabase } from '../rig/rig.ts';
import { assertFailed, assertSucceeded, trial } from '../rig/trial.ts';
import type { InstanceOptions } from '../standin/instance.ts';

const { streams } = smallDatabase;
const fork = '0F8FAD5B-D9CB-469F-A165-70867728950E';

/** Two servers on this machine and a folder that both write to. */
async function share(
  one: Partial<InstanceOptions>,
  two: Partial<InstanceOptions>,
  body: (one: Rig, two: (...args: string[]) => Promise<Ended>) => Promise<void>,
  leaves: readonly string[] = ['s.zst'],
): Promise<void> {
  const second = await Rig.create({ instance: 'TWO', ...two });
  try {
    await trial(
      leaves,
      async (first) => {
        const env = { VDI_STANDIN_LOG: first.judgeLog };
        await body(first, (...args) => second.run(args, { cwd: first.folder, env }).ended);
        assert.deepEqual(second.server.problems, []);
      },
      { instance: 'ONE', ...one },
    );
  } finally {
    await second.close();
  }
}

/** Nothing was asked of SQL Server that moves a byte, and the file is the one before. */
async function assertRefused(
  ended: Ended,
  rig: Rig,
  before: Buffer,
  whose: RegExp,
  file = 's.zst',
): Promise<void> {
  assertFailed(ended, 8, whose);
  assert.match(ended.stderr, /^hint: Choose another name/m);
  assert.ok(before.equals(await rig.read(file)), 'the file before');
}

const sentBackups = ({ server }: Rig): number =>
  server.statements.filter((text) => /^BACKUP/.test(text)).length;

suite('--overwrite keeps the backup of another database', { concurrency: 3 }, () => {
  for (const more of [[], ['--compress', 'none'], ['--compress', 'server'], ['--dry-run']])
    test(`two servers write to one share ${more.join(' ')}: exit 8`, () =>
      share({}, {}, async (rig, second) => {
        const stored = more.filter((word) => word !== '--dry-run');
        assertSucceeded(await rig.run(['Sales', 's.zst', '--overwrite', ...stored]).ended);
        const before = await rig.read('s.zst');
        const ended = await second('Sales', 's.zst', '--overwrite', ...more);
        const whose =
          /s\.zst: it is a backup of \[Sales\] on \S+\\ONE, not of \[Sales\] on \S+\\TWO/;
        await assertRefused(ended, rig, before, whose);
        assert.equal(sentBackups(rig), 1);
      }));

  test('three names for one file on one server', () => {
    const databases = ['A/B', 'A:B', 'A_B'].map((name) => ({ name, streams }));
    return trial(
      ['s.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['A/B', 's.zst', '--overwrite']).ended);
        const before = await rig.read('s.zst');
        for (const name of ['A:B', 'A_B']) {
          const ended = await rig.run([name, 's.zst', '--overwrite']).ended;
          const whose = new RegExp(`a backup of \\[A/B\\] on \\S+, not of \\[${name}\\] on`);
          await assertRefused(ended, rig, before, whose);
        }
        assert.equal(sentBackups(rig), 1);
      },
      { databases },
    );
  });

  test('one of two stripes is another database: neither is replaced', () =>
    trial(
      ['a.zst', 'b.zst'],
      async (rig) => {
        assertSucceeded(await rig.run(['Sales', 'a.zst']).ended);
        assertSucceeded(await rig.run(['Other', 'b.zst']).ended);
        const before = await rig.read('b.zst');
        const ended = await rig.run(['Sales', 'a.zst', 'b.zst', '--overwrite']).ended;
        await assertRefused(ended, rig, before, /b\.zst: it is a backup of \[Other\]/, 'b.zst');
      },
      { databases: [smallDatabase, { ...smallDatabase, name: 'Other' }] },
    ));

  test('also when it is cut off behind its header', () =>
    share({}, {}, async (rig, second) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const cut = (await rig.read('s.zst')).subarray(0, 5_000_000);
      await writeFile(rig.path('s.zst'), cut);
      await assertRefused(await second('Sales', 's.zst', '--overwrite'), rig, cut, /on \S+\\ONE,/);
    }));

  test('a file that cannot be read may be anybody’s: exit 8 with the reason', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const env = rig.witnessed('pread:EIO:1:s.zst');
      const ended = await rig.run(['Sales', 's.zst', '--overwrite'], { env }).ended;
      assertFailed(ended, 8, /cannot read \S+s\.zst: .*EIO/);
      assert.equal(sentBackups(rig), 1);
    }));

  test('finish gives no name that is taken by another database', () =>
    share(
      {},
      {},
      async (rig, second) => {
        rig.server.fault({ 'lose-3014': 'reset' });
        assert.equal((await rig.run(['Sales', 's.zst']).ended).code, 4);
        const name = (await rig.files()).find((file) => file.includes('.unconfirmed-')) ?? '';
        assertSucceeded(await second('Sales', 's.zst'));
        const before = await rig.read('s.zst');
        const ended = await rig.run(['finish', name, '--overwrite']).ended;
        await assertRefused(
          ended,
          rig,
          before,
          /\[Sales\] on \S+\\TWO, not of \[Sales\] on \S+\\ONE/,
        );
        await rename(rig.path(name), rig.path('kept'));
      },
      ['kept', 's.zst'],
    ));
});

suite('--overwrite replaces the backup of the same database', { concurrency: 3 }, () => {
  async function replaces(rig: Rig, run: () => Promise<Ended>): Promise<void> {
    const before = await rig.read('s.zst');
    const ended = await run();
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok(!before.equals(await rig.read('s.zst')));
  }

  for (const stored of [[], ['--compress', 'none'], ['--compress', 'server']]) {
    const words = ['s.zst', '--overwrite', ...stored];
    const sales = ({ server }: Rig) => {
      const found = server.instance.find('Sales');
      assert.ok(found);
      return found;
    };

    test(`after it was renamed ${stored.join(' ')}`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', ...words]).ended);
        sales(rig).name = 'Vertrieb';
        await replaces(rig, () => rig.run(['Vertrieb', ...words]).ended);
      }));

    test(`after a failover ${stored.join(' ')}`, () => {
      const databases = [{ ...smallDatabase, recoveryFork: fork }];
      return share({ databases }, { databases }, async (rig, second) => {
        assertSucceeded(await rig.run(['Sales', ...words]).ended);
        await replaces(rig, () => second('Sales', ...words));
      });
    });

    test(`after it was dropped and created again, in another case ${stored.join(' ')}`, () =>
      trial(['s.zst'], async (rig) => {
        assertSucceeded(await rig.run(['Sales', ...words]).ended);
        rig.server.instance.drop(sales(rig));
        rig.server.instance.add({ ...smallDatabase, name: 'SALES' });
        await replaces(rig, () => rig.run(['sales', ...words]).ended);
      }));
  }

  for (const [what, bytes] of [
    ['is no backup', 'yesterday'],
    ['is empty', ''],
    ['holds no archive behind the beginning of one', '\x50\x2a\x4d\x18\xff\xff\xff\xff'],
  ] as const)
    test(`and a file that ${what}`, () =>
      trial(['s.zst'], async (rig) => {
        await writeFile(rig.path('s.zst'), bytes, 'latin1');
        await replaces(rig, () => rig.run(['Sales', 's.zst', '--overwrite']).ended);
      }));
});
