// kill -9 at random moments: never a file under the final name that is not whole, and the next run works.
// VDIBACKUP_KILL_RUNS sets how many runs are killed, VDIBACKUP_KILL_SEED repeats a run that failed.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { isUnconfirmedName } from '../../src/storage/file/unconfirmed-name.ts';
import { awaitIdle } from '../rig/aborting.ts';
import type { Ended } from '../rig/program.ts';
import { random } from '../rig/random.ts';
import type { Rig } from '../rig/rig.ts';
import { assertSame, assertSucceeded, trial } from '../rig/trial.ts';
import { wholeArchive } from '../rig/whole-archive.ts';
import { fingerprint } from '../rig/zstd.ts';

const runs = Number(process.env.VDIBACKUP_KILL_RUNS ?? 15);
const seed = Number(process.env.VDIBACKUP_KILL_SEED ?? randomInt(2 ** 31));
/** Suites that kill side by side, each with a rig of its own. */
const lanes = 3;

/** The end of a run is short: slow file calls stretch it, so that a kill hits it as often as the stream. */
const stretches = [
  '',
  'fsync:sleep120:1+',
  'fsync:sleep120:3;link:sleep200:1',
  'any-write:sleep40:1+',
  'unlink:sleep250:2;rename:sleep250:1',
];

async function assertWhole(rig: Rig): Promise<void> {
  const { raw, finished } = wholeArchive(await rig.read('s.zst'));
  assert.ok(finished, 'finished');
  await assertSame(rig, fingerprint(raw));
}

/**
 * SQL Server may still be finding out that the client before was killed, its statement perhaps unread in the socket;
 * until then it refuses another backup (Msg 3023). Such a run is repeated, as a schedule would.
 */
async function accepted(rig: Rig, run: () => Promise<Ended>): Promise<Ended> {
  for (let patience = 10; ; patience -= 1) {
    const ended = await run();
    if (patience === 0 || ended.code !== 6 || !/Msg 3023/.test(ended.stderr)) return ended;
    await awaitIdle(rig);
  }
}

/** What the run before had sealed: SQL Server may count on it, so this one has kept it, whole. */
async function takeUnconfirmed(rig: Rig): Promise<void> {
  for (const name of await rig.files()) {
    if (!isUnconfirmedName(name)) continue;
    wholeArchive(await rig.read(name));
    await rm(rig.path(name));
  }
}

async function killOnce(rig: Rig, dice: () => number, fullMs: number): Promise<string> {
  const stretch = stretches[Math.floor(dice() * stretches.length)] ?? '';
  const at = dice() * (fullMs + (stretch ? 400 : 0));
  const overwrite = dice() < 0.5;
  await rm(rig.path('s.zst'), { force: true });
  if (overwrite) await writeFile(rig.path('s.zst'), 'yesterday');
  const env = stretch ? rig.witnessed(stretch) : {};
  const { code, stderr } = await accepted(rig, async () => {
    const program = rig.run(['Sales', 's.zst', ...(overwrite ? ['--overwrite'] : [])], { env });
    const timer = setTimeout(() => program.signal('SIGKILL'), at);
    const ended = await program.ended;
    clearTimeout(timer);
    return ended;
  });
  const what = `after ${Math.round(at)} ms, ${stretch || 'nothing stretched'}, ${code === null ? 'killed' : `exit ${code}`}\n${stderr}`;
  await takeUnconfirmed(rig);
  const files = await rig.files();
  // The file before has a second name while the first one changes. That of a killed run stays until the next that
  // overwrites: nothing else is there of the file before, once the name itself is gone.
  const names = ['s.zst', 's.zst.partial', 's.zst.previous.partial'];
  assert.deepEqual(
    files.filter((name) => !names.includes(name)),
    [],
    what,
  );
  const isYesterday = overwrite && (await rig.read('s.zst')).toString() === 'yesterday';
  if (files.includes('s.zst') && !isYesterday) await assertWhole(rig);
  else assert.equal(code, null, what);
  return what;
}

suite(`${runs} runs killed at random moments (seed ${seed})`, { concurrency: lanes }, () => {
  for (let lane = 0; lane < lanes; lane += 1) {
    const mine = Math.ceil((runs - lane) / lanes);
    test(`lane ${lane + 1}: ${mine} kills leave a whole file or none, and the next run works`, () =>
      trial(['s.zst'], async (rig) => {
        const dice = random(seed + lane);
        const full = await rig.run(['Sales', 's.zst']).ended;
        assertSucceeded(full);
        for (let run = 0; run < mine; run += 1) {
          const what = await killOnce(rig, dice, full.elapsedMs);
          // Every third kill is followed by a run that is left alone; the others by the next kill.
          if (run % 3 !== 2 && run !== mine - 1) continue;
          const next = await accepted(rig, () => rig.run(['Sales', 's.zst', '--overwrite']).ended);
          assert.equal(next.code, 0, `${what}\nnext run:\n${next.stderr}`);
          await takeUnconfirmed(rig);
          assert.deepEqual(await rig.files(), ['s.zst'], what);
          await assertWhole(rig);
        }
      }));
  }
});
