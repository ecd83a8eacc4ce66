// Files from an enemy, and the program as a user starts it: it ends by itself, soon, in little memory, with one line and
// the exit code for it, whatever the file claims. Its memory is watched from outside, because a process that takes too
// much of it is killed before it can say so.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MiB } from '../../src/base/byte-size.ts';
import { type HostileName, hostileFiles } from './hostile-files.ts';
import { type Judged, runJudged } from './judged-program.ts';
import { writeSparse } from './sparse-file.ts';

/** Node.js alone takes 55 MiB, its threads and the slots of two of them 40 more. */
export const hostileLimits = { peakBytes: 256 * MiB, elapsedMs: 120_000 };
const maxLineUnits = 1000;
const damaged = 9;
/** Nothing listens there: whoever gets as far as that has finished with the file. */
const nobody = ['-S', '127.0.0.1,1', '-U', 'sa'];
const notConnected = 4;

/** Every command that reads backups, `restore` and `drill` as far as their plan. */
export const hostileCommands = {
  info: (path: string) => ['info', path],
  verify: (path: string) => ['verify', '--threads', '2', path],
  restore: (path: string) => ['restore', '--dry-run', ...nobody, 'Sales', path],
  extract: (path: string) => ['extract', '--salvage', '--overwrite', path, `${path}.out`],
  drill: (path: string) => ['drill', ...nobody, '--junit', `${path}.xml`, path],
} as const;
type Command = keyof typeof hostileCommands;
const every: readonly Command[] = ['info', 'verify', 'restore', 'drill'];

/** Exit codes by command where they are not those of a damaged archive that `info` describes all the same. */
const others: Partial<Record<HostileName, Partial<Record<Command, number>>>> = {
  'a zstd stream of 256 MiB of empty blocks': { info: damaged },
  'skippable frames of 4 GiB': { info: damaged },
  'a media header of 20000 streams of 1 MiB': foreign(0),
  'a media header of 60000 streams of nothing': foreign(0),
  'configurations of file records of 8 bytes': oddForm(),
  'configurations of filegroup records of 20 bytes': oddForm(),
  'configurations of file records of 258 bytes that contradict each other': oddForm(),
  'backup sets of 110 bytes, 1 million': oddForm(),
  '512 compressed sets of records of 512 bytes': { verify: 2, restore: 2, drill: 2 },
  'a compressed backup that claims 4294967294 filemarks': { restore: 2, drill: 2 },
  'frames of 128 MiB': foreign(0),
  'a window of 2 GiB': { info: damaged },
  'a frame of 2^53 bytes': { info: damaged },
  'a frame with a dictionary': { info: damaged },
  'a header of names of 60 KiB': { info: damaged },
  'a trailer of 20000 messages': oddForm(),
  'frames of one byte, 300000': oddForm(),
};

/** What SQL Server would be asked about: a restore goes on as far as the connection. */
function foreign(info: number): Partial<Record<Command, number>> {
  return { info, restore: notConnected, drill: notConnected };
}

/** The same of an archive that records a success: a stream of odd form is not checked, and no damage. */
function oddForm(): Partial<Record<Command, number>> {
  return { ...foreign(0), verify: 0 };
}

/** Reading 20 GiB, hole or not, takes its time. */
const notRead: Partial<Record<HostileName, readonly Command[]>> = {
  'a media header of 20000 streams of 1 MiB': ['verify'],
};

/** Gives the file `name` to every command that reads one, in `folder`. */
export async function assertHostileFile(name: HostileName, folder: string): Promise<void> {
  const path = join(folder, 'file');
  writeSparse(path, hostileFiles[name]());
  for (const command of every) {
    if (notRead[name]?.includes(command)) continue;
    const env = { SQLCMDPASSWORD: 'none' };
    const judged = await runJudged(hostileCommands[command](path), hostileLimits, { env });
    assertBounded(judged, command);
    assert.equal(judged.code, others[name]?.[command] ?? (command === 'info' ? 0 : damaged));
  }
  assert.match(await readFile(`${path}.xml`, 'utf8'), /<failure|<error/);
  await rm(`${path}.xml`);
}

export function assertBounded(
  { signal, peakBytes, lastLine, stderr }: Judged,
  command: string,
): void {
  const took = `${command} took ${Math.round(peakBytes / MiB)} MiB`;
  assert.equal(signal, null, `${took}, ${signal}: ${stderr.slice(-2000)}`);
  assert.ok(peakBytes > 0 && peakBytes <= hostileLimits.peakBytes, took);
  assert.match(lastLine, /^(OK|FAILED) /);
  assert.ok(lastLine.length <= maxLineUnits, `a line of ${lastLine.length}`);
  assert.doesNotMatch(stderr, /internal error|^ {4}at /m);
}
