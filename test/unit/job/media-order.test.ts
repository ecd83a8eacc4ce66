// Whole backup sets that are missing from a medium, stand there twice or in another order: every block fits into the
// framing, and only what numbers them tells.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { KiB } from '../../../src/base/byte-size.ts';
import { writeArchive } from '../../rig/make-archive.ts';
import { appended, renumbered } from '../../rig/media-set.ts';
import { backupBytes } from '../../rig/mtf-description.ts';
import { verify } from '../../rig/read-jobs.ts';

suite('the backup sets of a medium', () => {
  let folder: string;
  const one = backupBytes(256 * KiB);
  const setBytes = one.length - one.indexOf('SSET');
  const medium = appended(one, one, one, one);
  const starts = [0, 1, 2, 3, 4].map((set) => one.indexOf('SSET') + set * setBytes);
  const part = (from: number, to: number) => medium.subarray(starts[from], starts[to]);
  const head = medium.subarray(0, starts[0]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-order-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function verified(...parts: readonly Buffer[]) {
    const file = join(folder, 'medium.bak');
    await writeFile(file, Buffer.concat(parts));
    return verify([file]);
  }

  test('in their order are good', async () => {
    const { exitCode, report } = await verified(medium);
    assert.equal(exitCode, 0, JSON.stringify(report.files[0]?.damage));
    assert.equal(report.files[0]?.sets, 4);
  });

  for (const [title, parts, expected] of [
    ['one is missing', () => [head, part(0, 1), part(2, 4)], /set 3, where 2 was expected/],
    ['the first is missing', () => [head, part(1, 4)], /set 2, where 1 was expected/],
    ['one stands twice', () => [head, part(0, 2), part(1, 4)], /set 2, where 3 was expected/],
    ['two are exchanged', () => [head, part(1, 2), part(0, 1), part(2, 4)], /set 2, where 1/],
  ] as const)
    test(`${title}: damage, and what stands before it is good`, async () => {
      const { exitCode, report } = await verified(...parts());
      assert.equal(exitCode, 9);
      const [file] = report.files;
      assert.match(file?.damage[0]?.message ?? '', expected);
      assert.equal(file?.damage[0]?.code, 'block-order');
      assert.equal(file?.goodRawBytes, file?.damage[0]?.rawOffset);
    });

  test('without numbers: the filemarks tell what is missing', async () => {
    const numberless = Buffer.concat([head, part(0, 1), part(2, 4)]);
    const marks = Buffer.from(numberless);
    renumbered(numberless);
    for (let at = 0; at < marks.length; at += 512)
      if (marks.toString('latin1', at, at + 4) === 'SFMB') marks.copy(numberless, at, at, at + 512);
    const { exitCode, report } = await verified(numberless);
    assert.equal(exitCode, 9);
    const [file] = report.files;
    const messages = file?.damage.map(({ message }) => message) ?? [];
    assert.equal(messages.length, 1, 'what follows from the first is not said');
    assert.match(messages[0] ?? '', /a filemark behind 5 others, where 3 were/);
    assert.equal(file?.goodRawBytes, starts[1]);
  });

  test('in an archive are as SQL Server sent them: a warning', async () => {
    const file = join(folder, 'medium.zst');
    await writeArchive(file, [Buffer.concat([head, part(1, 4)])]);
    const { exitCode, events } = await verify([file]);
    assert.equal(exitCode, 0);
    const warnings = events.filter((event) => event.event === 'warning');
    assert.match(JSON.stringify(warnings), /backup set 2, where 1 was expected/);
  });
});
