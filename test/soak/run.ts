// Many runs in a row, and nothing grows: 1,000 backups that are killed (test/fault/kill.test.ts), then backups,
// restores and verifications one after the other against one stand-in. The last line is `N passed, N failed`.
//
//   npm run test:soak                     1,000 kills, 500 rounds
//   npm run test:soak -- --kills 0 --rounds 50

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MiB } from '../../src/base/byte-size.ts';
import { awaitIdle } from '../rig/aborting.ts';
import { Rig } from '../rig/rig.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '500' },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);
/** One run of a thousand on a busy machine takes far less. */
const secondsPerKill = 10;
/** Rounds after which everything that is made once has been made. */
const warmUp = 10;
const sayEvery = 50;

/** What could grow with every run. */
interface Footprint {
  /** Open descriptors of the stand-in's process. */
  readonly descriptors: number;
  readonly sharedMemory: number;
  readonly temporaryFiles: number;
  readonly files: number;
  /** Abstract sockets of Linux that lock a destination. */
  readonly locks: number;
  readonly processes: number;
  readonly deviceSets: number;
  readonly requests: number;
}

const failures = [...killed(Number(values.kills)), ...(await inARow(Number(values.rounds)))];
for (const failure of failures) say(`FAILED ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
say(`${2 - failures.length} passed, ${failures.length} failed`);

function killed(runs: number): string[] {
  if (runs === 0) return [];
  say(`${runs} backups are killed`);
  const seconds = String(runs * secondsPerKill);
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'test', 'run.js'), `--seconds=${seconds}`, 'fault/kill'],
    { env: { ...process.env, VDIBACKUP_KILL_RUNS: String(runs) }, stdio: 'inherit' },
  );
  return status === 0 ? [] : ['kill -9: see above'];
}

async function inARow(rounds: number): Promise<string[]> {
  if (rounds === 0) return [];
  const streams = { kind: 'generate', bytes: 2 * MiB, seed: 3 } as const;
  const databases = [{ name: 'Sales', streams }];
  const rig = await Rig.create({ databases, keepRestored: false });
  const temporary = `${rig.folder}.tmp`;
  await mkdir(temporary);
  try {
    return await repeat(rig, temporary, rounds);
  } finally {
    await rig.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function repeat(rig: Rig, temporary: string, rounds: number): Promise<string[]> {
  let first: Footprint | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const failed = await once(rig, temporary);
    if (failed) return [`round ${round}: ${failed}`];
    const now = await footprint(rig, temporary);
    if (round === Math.min(warmUp, rounds)) first = now;
    if (round === 1 || round % sayEvery === 0 || round === rounds)
      say(`after ${round}: ${words(now)}`);
    if (round === rounds) return growth(first, now);
  }
  return [];
}

/** A backup over the one before, its restore over the one before, its verification; the reason of the one that fails. */
async function once(rig: Rig, temporary: string): Promise<string | undefined> {
  const env = { TMPDIR: temporary };
  for (const args of [
    ['Sales', 's.zst', '--overwrite'],
    ['restore', 'Copy', 's.zst', '--replace'],
    ['verify', '--verifyonly', 's.zst'],
  ]) {
    const { code, stderr } = await rig.run(args, { env }).ended;
    if (code !== 0) return `vdibackup ${args.join(' ')} ends with ${code}\n${stderr}`;
  }
  return undefined;
}

async function footprint(rig: Rig, temporary: string): Promise<Footprint> {
  await awaitIdle(rig);
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    sharedMemory: readdirSync('/dev/shm').filter((name) => /vdi|sql/i.test(name)).length,
    temporaryFiles: (await readdir(temporary)).length,
    files: (await rig.files()).length,
    locks: locksOf(rig),
    processes: childProcesses(),
    deviceSets: rig.server.deviceSets.length,
    requests: rig.server.instance.requests.size,
  };
}

/** By name, as destination-lock.ts makes it: other runs of this machine have locks of their own. */
function locksOf(rig: Rig): number {
  const id = createHash('sha256').update(rig.path('s.zst')).digest('hex');
  return readFileSync('/proc/net/unix', 'latin1').split(`@vdibackup-${id}`).length - 1;
}

function childProcesses(): number {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1')
    .split(' ')
    .filter(Boolean).length;
}

function words(footprint: Footprint): string {
  return Object.entries(footprint)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function growth(first: Footprint | undefined, last: Footprint): string[] {
  if (!first) return [];
  const grown = (Object.keys(last) as (keyof Footprint)[]).filter(
    (name) => last[name] > first[name],
  );
  return grown.map((name) => `${name} grew from ${first[name]} to ${last[name]}`);
}
