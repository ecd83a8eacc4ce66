// The moments of a restore at which something from outside can hit it, and how a test gets there for certain. The first
// statement asks for the list of files, each further one restores a backup of the chain.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Fault } from '../standin/fault.ts';
import type { DeviceOperation } from '../standin/statement.ts';
import { type Aborted, assertServerFree, assertSignalAborts, generousAbortMs } from './aborting.ts';
import { enter, judge, type Phase, slowLogin } from './phases.ts';
import type { Program } from './program.ts';
import type { Rig } from './rig.ts';
import { assertSucceeded } from './trial.ts';

export interface RestorePhase extends Phase {
  /** What is restored; default: one file. */
  readonly files?: readonly string[];
  /** Options it takes. */
  readonly words?: readonly string[];
  /** What an abort leaves of the database; untouched: SQL Server was not told to restore yet. */
  readonly left: 'untouched' | 'missing' | 'RESTORING';
  /** Device sets that are alive then. */
  readonly alive: 0 | 1;
}

/** The archives that `enterRestore` may name. */
export const archives = ['s.zst'];
export const chain = ['full.zst', 'log.zst'];

const stdin = ['-'];

/** A run of `words` and the files of `phase`, which is in `phase` now. */
export async function enterRestore(
  rig: Rig,
  { files = archives, words: options = [], ...phase }: RestorePhase,
  words: readonly string[],
): Promise<Program> {
  await prepare(rig, files);
  return enter(rig, phase, [...words, ...options, ...files]);
}

/** What stays in the folder. */
export function filesOf({ files }: RestorePhase): readonly string[] {
  return files === chain ? chain : archives;
}

/** Makes the archives that a run of `files` needs. */
export async function prepare(rig: Rig, files: readonly string[] = archives): Promise<void> {
  const types = files === chain ? ['full', 'log'] : ['copy'];
  const names = files === chain ? chain : archives;
  for (const [index, type] of types.entries())
    assertSucceeded(await rig.run(['Sales', names[index] ?? '', '--type', type]).ended);
}

/** What the user is told of it. */
export const leftWords: Record<RestorePhase['left'], RegExp> = {
  untouched: /^(?!.*database \[Copy\])/s,
  missing: /^warning: there is no database \[Copy\]: nothing was left behind$/m,
  RESTORING:
    /^warning: database \[Copy\] was left RESTORING(, with full\.zst restored)?: nobody can use it$/m,
};

/** Whoever ended a run that was in `phase`. */
export async function assertRestoreEnded(
  rig: Rig,
  phase: RestorePhase,
  { abortMs }: Aborted,
): Promise<void> {
  assert.ok(abortMs < generousAbortMs, `the end took ${Math.round(abortMs)} ms`);
  assertSignalAborts(rig, phase.alive);
  await assertServerFree(rig);
  const state = phase.left === 'RESTORING' ? 'RESTORING' : undefined;
  const found = () => rig.server.instance.find('Copy')?.state;
  // SQL Server may learn last that its client is gone.
  for (const until = performance.now() + 2000; found() !== state && performance.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(found(), state, 'what SQL Server has of it');
}

/** Options of a run that reads in one order. */
export const inOrder = ['--threads', '1'];

/**
 * The environment of the next run, `inOrder`, whose disk goes wrong in the stream of `s.zst`, from its third frame on.
 * The list of files is read slowly, as far ahead as there are slots: then it is known how many reads come before.
 */
export function badDisk(rig: Rig, what: 'EIO' | 'sleep60000'): Record<string, string> {
  rig.server.fault({ slow: 200 });
  return rig.witnessed(`pread:${what}:24+:s.zst`);
}

export function begun(rig: Rig, operation: DeviceOperation): boolean {
  return rig.server.runs.some((run) => run.operation === operation);
}

/** RESTORE DATABASE has so many bytes; the list of files may have taken as many. */
export function restored(rig: Rig, wanted: number): () => boolean {
  return () =>
    begun(rig, 'RESTORE DATABASE') && rig.server.deviceSets.some(({ bytes }) => bytes > wanted);
}

/** Of the statement after `before` others. */
function faultOf(rig: Rig, before: number, fault: Fault): void {
  for (let statement = 0; statement < before; statement += 1) rig.server.fault({});
  rig.server.fault(fault);
}

function closed(rig: Rig, times: number): () => boolean {
  return () => rig.judged().filter((line) => / Close -> NOERROR/.test(line)).length === times;
}

/** While the devices of RESTORE DATABASE exist; the list of files may have read as much before. */
function wholeReads(rig: Rig, times: number): () => boolean {
  const whole = /CompleteCommand .*=Read .*code=0 bytes=4194304/;
  const hasRead = () => rig.judged().filter((line) => whole.test(line)).length >= times;
  return () => begun(rig, 'RESTORE DATABASE') && hasRead();
}

/** Whether a process waits for a descriptor to say something: by polling, or in a read of one of its threads. */
function awaits(pid: number, descriptor: number): boolean {
  const polled = new RegExp(`^tfd:\\s+${descriptor}\\s`, 'm');
  // proc(5), syscall: the number of read on x86-64, then its arguments.
  const read = new RegExp(`^0 0x${descriptor.toString(16)} `);
  return (
    someFile(`/proc/${pid}/fdinfo`, '', polled) || someFile(`/proc/${pid}/task`, '/syscall', read)
  );
}

function someFile(folder: string, suffix: string, pattern: RegExp): boolean {
  return readdirSync(folder).some((name) => {
    try {
      return pattern.test(readFileSync(`${folder}/${name}${suffix}`, 'utf8'));
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** The first `share` of the archive flows in, and then nothing more. */
function pours(rig: Rig, share: number): (program: Program) => void {
  return ({ child }) => {
    const bytes = readFileSync(rig.path('s.zst'));
    child.stdin?.on('error', () => undefined).write(bytes.subarray(0, bytes.length * share));
  };
}

export const restorePhases: readonly RestorePhase[] = [
  {
    name: 'while standard input says nothing',
    left: 'untouched',
    files: stdin,
    alive: 0,
    arrange() {
      let reads = () => false;
      const feed = ({ pid }: Program) => {
        reads = () => awaits(pid, 0);
      };
      return { options: { stdin: 'pipe' }, feed, reached: () => reads() };
    },
  },
  {
    name: 'during the login',
    left: 'untouched',
    alive: 0,
    arrange(rig) {
      let asked = false;
      rig.server.loginFault(slowLogin(() => (asked = true)));
      return { reached: () => asked };
    },
  },
  {
    name: 'while the list of files waits for its devices',
    left: 'untouched',
    alive: 1,
    arrange(rig) {
      rig.server.fault({ 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'RESTORE FILELIST') };
    },
  },
  {
    name: 'while the list of files is being read',
    left: 'untouched',
    alive: 1,
    arrange(rig) {
      rig.server.fault({ 'silence-at': 65_536 });
      return { reached: judge(rig, /CompleteCommand .*=Read .*code=0/) };
    },
  },
  {
    name: 'between the list of files and the restore',
    left: 'untouched',
    alive: 0,
    arrange(rig) {
      rig.server.fault({ 'delay-3014': 60_000 });
      // The backup that is restored, the list of files.
      return { reached: closed(rig, 2) };
    },
  },
  {
    name: 'while the statement waits and GetConfiguration has not returned',
    left: 'missing',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 1, { 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'RESTORE DATABASE') };
    },
  },
  {
    name: 'in the middle of the stream',
    left: 'RESTORING',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 1, { slow: 20, tiny: 65_536 });
      return { reached: restored(rig, 200_000) };
    },
  },
  {
    name: 'while the server is silent in the middle of the stream',
    left: 'RESTORING',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 1, { 'silence-at': 9_000_000 });
      return { reached: wholeReads(rig, 2) };
    },
  },
  {
    name: 'while the source is silent in the middle of the stream',
    files: stdin,
    left: 'RESTORING',
    alive: 1,
    arrange: (rig) => ({
      options: { stdin: 'pipe' },
      feed: pours(rig, 0.8),
      reached: wholeReads(rig, 3),
    }),
  },
  {
    name: 'while the disk does not answer in the middle of the stream',
    left: 'RESTORING',
    alive: 1,
    words: inOrder,
    arrange: (rig) => ({
      options: { env: badDisk(rig, 'sleep60000') },
      reached: wholeReads(rig, 1),
    }),
  },
  {
    name: 'while the server holds Complete back',
    left: 'RESTORING',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 1, { 'hold-complete': 60_000 });
      const atEnd = judge(rig, /CompleteCommand .*=Read .*code=38/);
      return { reached: () => begun(rig, 'RESTORE DATABASE') && atEnd() };
    },
  },
  {
    name: 'after Complete, before Msg 3014',
    left: 'RESTORING',
    alive: 0,
    arrange(rig) {
      faultOf(rig, 1, { 'delay-3014': 60_000 });
      // The backup that is restored, the list of files, the restore.
      return { reached: closed(rig, 3) };
    },
  },
  {
    name: 'between two backups of a chain',
    files: chain,
    left: 'RESTORING',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 2, { 'delay-begin': 60_000 });
      return { reached: () => begun(rig, 'RESTORE LOG') };
    },
  },
  {
    name: 'in the second backup of a chain',
    files: chain,
    left: 'RESTORING',
    alive: 1,
    arrange(rig) {
      faultOf(rig, 2, { slow: 20, tiny: 65_536 });
      const moves = () => rig.server.deviceSets.some(({ bytes }) => bytes > 100_000);
      return { reached: () => begun(rig, 'RESTORE LOG') && moves() };
    },
  },
];
