import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { KiB } from '../../../src/base/byte-size.ts';
import type { StripePlace } from '../../../src/job/sets/stripe-set.ts';
import { checkStripeSets } from '../../../src/job/sets/stripe-set.ts';
import { appended } from '../../rig/media-set.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { verify } from '../../rig/read-jobs.ts';

const place = (stripe: number, backups = 'one', stripes = 2, set = 'M'): StripePlace => ({
  set,
  stripe,
  stripes,
  backups,
});
const codes = (...places: StripePlace[]) => checkStripeSets(places).map(({ code }) => code);

suite('stripes', () => {
  for (const [title, places, expected] of [
    ['all there, in any order', [place(2), place(1)], []],
    ['one is missing', [place(2)], ['stripe-missing']],
    ['one stands twice', [place(1), place(2), place(1), place(1)], ['stripe-twice']],
    ['of different backups of one media set', [place(1), place(2, 'two')], ['stripe-backups']],
    [
      'of one media set at two times, each time whole',
      [place(1), place(2), place(1, 'two'), place(2, 'two')],
      [],
    ],
    ['of two media sets', [place(1), place(2), place(1, 'one', 1, 'N')], []],
    ['that count themselves differently', [place(1), place(2, 'one', 3)], ['stripe-counts']],
  ] as const)
    test(title, () => assert.deepEqual(codes(...places), expected));

  test('of a forged count do not fill the terminal', () => {
    const [damage] = checkStripeSets([place(1, 'one', 65_535)]);
    assert.match(damage?.message ?? '', /^stripe 2, .+, 65 and 65470 more of 65535 of set M was/);
  });

  test('of a medium with one, before and after a backup was appended: both files are good', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stripe-set-'));
    try {
      const one = backupBytes(64 * KiB);
      const files = [join(folder, 'monday.bak'), join(folder, 'tuesday.bak')] as const;
      await writeFile(files[0], one);
      await writeFile(files[1], appended(one, one));
      const { exitCode, report } = await verify([...files, files[0]]);
      assert.equal(exitCode, 0, JSON.stringify(report.sets));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
