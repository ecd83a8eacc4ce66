// SQL Server was told that every byte is safe, and its verdict is lost: it may count on the backup and have truncated a
// log, so the file is kept under a name that no later run replaces, and named.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import type { Fault } from '../standin/fault.ts';
import { abort, assertServerFree, assertSignalAborts } from './aborting.ts';
import type { Ended } from './program.ts';
import { Rig, smallDatabase } from './rig.ts';
import { assertFailed, assertSame } from './trial.ts';
import { decompressAll, fingerprint } from './zstd.ts';

interface Loss {
  readonly title: string;
  readonly fault: Fault;
  readonly exitCode: number;
  readonly args?: readonly string[];
  readonly signals?: readonly NodeJS.Signals[];
}

const swallowed: Fault = { 'lose-3014': 'swallow' };

const losses: readonly Loss[] = [
  {
    title: 'the connection is reset after the devices were closed',
    fault: { 'lose-3014': 'reset' },
    exitCode: 4,
  },
  {
    title: 'the connection is reset at the answer to the last Complete',
    fault: { 'lose-3014': 'reset-at-complete' },
    exitCode: 4,
  },
  {
    title: 'a black hole, until the stall timeout',
    fault: swallowed,
    exitCode: 12,
    // Only the black hole may take so long, not a busy machine before it.
    args: ['--stall-timeout', '6s'],
  },
  { title: 'a black hole, until Ctrl-C', fault: swallowed, exitCode: 130, signals: ['SIGINT'] },
  {
    title: 'a black hole, until Ctrl-C twice',
    fault: swallowed,
    exitCode: 130,
    signals: ['SIGINT', 'SIGINT'],
  },
  { title: 'a black hole, until SIGTERM', fault: swallowed, exitCode: 143, signals: ['SIGTERM'] },
  { title: 'a black hole, until SIGHUP', fault: swallowed, exitCode: 143, signals: ['SIGHUP'] },
];

const yesterday = 'yesterday';

/** Every way to lose the verdict of such a backup, to new names and to taken ones. One file each: many processes. */
export function losing(type: 'full' | 'log', stripes: number): void {
  suite(`the verdict on a ${type} backup of ${stripes} is lost`, { concurrency: 4 }, () => {
    for (const overwrite of [false, true])
      for (const loss of losses)
        test(`${overwrite ? 'over yesterday' : 'new'}: ${loss.title}`, () =>
          lost(loss, type, stripes, overwrite));
  });
}

async function lost(loss: Loss, type: string, stripes: number, overwrite: boolean): Promise<void> {
  const rig = await Rig.create({ databases: [{ ...smallDatabase, hasFullBackup: true }] });
  try {
    const names = Array.from({ length: stripes }, (_, index) => `s${index + 1}.zst`);
    if (overwrite) for (const name of names) await writeFile(rig.path(name), yesterday);
    rig.server.fault(loss.fault);
    const args = ['--type', type, ...(overwrite ? ['--overwrite'] : []), ...(loss.args ?? [])];
    const ended = await ending(rig, ['Sales', ...names, ...args], loss);
    assertFailed(ended, loss.exitCode, /SQL Server may count on this backup, which is kept as /);
    await assertKept(rig, ended, names, overwrite);
    await assertServerFree(rig);
    await assertFinishes(rig, names, overwrite);
    if (loss.fault['lose-3014'] !== 'reset-at-complete') assertSignalAborts(rig, 0);
  } finally {
    await rig.close();
  }
}

async function ending(rig: Rig, args: readonly string[], { signals }: Loss): Promise<Ended> {
  const program = rig.run(args);
  if (!signals) return program.ended;
  await program.until('the end of the devices', () =>
    rig.judged().some((line) => / Close -> NOERROR/.test(line)),
  );
  return abort(program, ...signals);
}

/** msdb has it: the files get their names, and what was kept under others is gone. */
async function assertFinishes(
  rig: Rig,
  names: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const kept = (await rig.files()).filter((name) => name.includes('.unconfirmed-'));
  const args = ['finish', ...kept, ...(overwrite ? ['--overwrite'] : [])];
  const { code, lastLine, stderr } = await rig.run(args).ended;
  assert.equal(code, 0, stderr);
  const set = rig.server.instance.history[0]?.devices[0];
  assert.match(
    lastLine,
    new RegExp(`^OK Sales (full|log) .* finished file=${names.join(',')} set=${set}$`),
  );
  assert.deepEqual(await rig.files(), names);
  for (const [device, name] of names.entries())
    await assertSame(rig, fingerprint(decompressAll(await rig.read(name))), names.length, device);
}

/** Whole, sealed, named in full in the last line and in the hint; nothing else is there, and nothing was replaced. */
async function assertKept(
  rig: Rig,
  { lastLine, stderr }: Ended,
  names: readonly string[],
  overwrite: boolean,
): Promise<void> {
  const files = await rig.files();
  const kept = files.filter((name) => /\.zst\.unconfirmed-[0-9a-f]{8}$/.test(name));
  assert.deepEqual(files, [...kept, ...(overwrite ? names : [])].sort(), stderr);
  assert.equal(kept.length, names.length, stderr);
  const paths = kept.map((name) => rig.path(name));
  for (const path of paths) assert.ok(lastLine.includes(path), lastLine);
  assert.ok(stderr.includes(`vdibackup finish ${paths.join(' ')}`), stderr);
  for (const [device, name] of kept.entries())
    await assertSame(rig, fingerprint(decompressAll(await rig.read(name))), names.length, device);
  if (overwrite)
    for (const name of names) assert.equal((await rig.read(name)).toString(), yesterday);
  const verified = await rig.bare(['verify', ...paths]).ended;
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stderr, /whether SQL Server called this backup a success was not recorded/);
  assert.deepEqual(rig.breaches, []);
  assert.deepEqual(rig.server.problems, []);
}
