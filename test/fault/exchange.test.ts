// Somebody else removes, exchanges or cuts the file that is being written: never OK, and what was there before stays.

import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { assertNamesExist, assertYesterday, writeYesterday } from '../rig/named-files.ts';
import type { Ended } from '../rig/program.ts';
import type { Rig } from '../rig/rig.ts';
import { assertFailed, assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { decompressAll, fingerprint } from '../rig/zstd.ts';

const partial = 's.zst.partial';

/** What may come to bear the name of a partial file, or happen to it. */
type Exchange = 'another file' | 'a link' | 'a folder' | 'less than was written';
const exchanges: Readonly<Record<Exchange, (rig: Rig) => Promise<void>>> = {
  'another file': async (rig) => {
    await rm(rig.path(partial));
    await writeFile(rig.path(partial), 'of another run');
  },
  'a link': async (rig) => {
    await writeFile(rig.path('other'), 'of another run');
    await rm(rig.path(partial));
    await symlink('other', rig.path(partial));
  },
  'a folder': async (rig) => {
    await rm(rig.path(partial));
    await mkdir(rig.path(partial));
  },
  'less than was written': (rig) => truncate(rig.path(partial), 325),
};

/** When it happens: something to wait for in the judge's log, and what keeps it from passing too fast. */
const moments = {
  'in the stream': [{ slow: 20 }, / CompleteCommand .*=Write/],
  'before Complete': [{ 'hold-complete': 400 }, / CompleteCommand .*=Flush/],
  'after Complete': [{ 'delay-3014': 500 }, / Close -> NOERROR/],
} as const;
type Moment = keyof typeof moments;

async function exchanged(rig: Rig, what: Exchange, when: Moment, more: string[]): Promise<Ended> {
  const [fault, seen] = moments[when];
  rig.server.fault(fault);
  const program = rig.run(['Sales', 's.zst', ...more]);
  await program.until(when, () => rig.judged().some((line) => seen.test(line)));
  await exchanges[what](rig);
  return program.ended;
}

/** What the exchange and the run left; then nothing is left. */
async function clear(rig: Rig): Promise<string[]> {
  const names = await rig.files();
  for (const name of names) await rm(rig.path(name), { recursive: true });
  return names;
}

suite('a partial file that somebody exchanges', { concurrency: 3 }, () => {
  for (const what of Object.keys(exchanges) as Exchange[])
    for (const when of Object.keys(moments) as Moment[]) {
      test(`${what}, ${when}: exit 8 and no file`, () =>
        trial([], async (rig) => {
          const ended = await exchanged(rig, what, when, []);
          assertFailed(ended, 8, /was written|were written/);
          assertNamesExist(rig, ended);
          assert.ok(!(await clear(rig)).includes('s.zst'));
        }));

      test(`${what}, ${when}, with --overwrite: exit 8 and yesterday's file`, () =>
        trial([], async (rig) => {
          await writeYesterday(rig, ['s.zst']);
          const ended = await exchanged(rig, what, when, ['--overwrite']);
          assertFailed(ended, 8, /was written|were written/);
          assertNamesExist(rig, ended);
          await assertYesterday(rig, ['s.zst']);
          assert.ok(!(await clear(rig)).includes('s.zst.previous.partial'));
        }));
    }

  test('moved away after Complete: the words say where it is', () =>
    trial(['elsewhere'], async (rig) => {
      rig.server.fault({ 'delay-3014': 500 });
      const program = rig.run(['Sales', 's.zst']);
      await program.until('Close', () =>
        rig.judged().some((line) => / Close -> NOERROR/.test(line)),
      );
      await rename(rig.path(partial), rig.path('elsewhere'));
      const ended = await program.ended;
      assertFailed(ended, 8, /SQL Server had finished the backup: .* kept as \S+elsewhere/);
      await assertSame(rig, fingerprint(decompressAll(await rig.read('elsewhere'))));
    }));

  test('that is exchanged while it is extracted: exit 8, no file', () =>
    trial(['s.zst'], async (rig) => {
      assertSucceeded(await rig.run(['Sales', 's.zst']).ended);
      const env = rig.witnessed('fsync:sleep1500:1');
      const program = rig.bare(['extract', 's.zst', 'out.bak'], { env });
      await program.until('fsync', () =>
        rig.judged().some((line) => / pwrite .*out\.bak\.partial bytes=.* -> /.test(line)),
      );
      await rm(rig.path('out.bak.partial'));
      await writeFile(rig.path('out.bak.partial'), 'of another run');
      assertFailed(await program.ended, 8, /out\.bak\.partial is not the file that was written/);
      assert.equal((await rig.read('out.bak.partial')).toString(), 'of another run');
      await rm(rig.path('out.bak.partial'));
    }));
});
