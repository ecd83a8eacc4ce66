// A signal in the middle of a run, and what must hold of the server afterwards.

import assert from 'node:assert/strict';
import type { Ended, Program } from './program.ts';
import type { Rig } from './rig.ts';

/** From the signal to the end of the process, with a server that answers. */
export const longestAbortMs = 1000;
/** Far from the second it may take, for machines that do other things as well. */
export const generousAbortMs = 5000;

export const signals = [
  ['SIGINT', 130, /interrupted by Ctrl-C/],
  ['SIGTERM', 143, /terminated by SIGTERM/],
  ['SIGHUP', 143, /SIGHUP/],
] as const;

export interface Aborted extends Ended {
  readonly abortMs: number;
}

export async function abort(program: Program, ...sent: NodeJS.Signals[]): Promise<Aborted> {
  const at = performance.now();
  for (const [index, signal] of sent.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    program.signal(signal);
  }
  return { ...(await program.ended), abortMs: performance.now() - at };
}

/** How often SignalAbort was called. */
export function assertSignalAborts(rig: Rig, expected: number): void {
  const found = rig.judged().filter((line) => / SignalAbort /.test(line));
  assert.equal(found.length, expected, 'calls of SignalAbort');
}

/** The server learns of a client's end through another process: until it has, or for two seconds. */
export async function awaitIdle(rig: Rig): Promise<void> {
  const isBusy = () => rig.server.instance.requests.size > 0 || rig.server.deviceSets.length > 0;
  for (const until = performance.now() + 2000; isBusy() && performance.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What SQL Server and the device saw of the abort. */
export async function assertServerFree(rig: Rig): Promise<void> {
  const calls = rig.judged().filter((line) => / (SignalAbort|Close|Create) /.test(line));
  const of = (call: string) => calls.filter((line) => line.includes(` ${call} `));
  const created = of('Create').length;
  assert.equal(of('Close').length, created, 'Close exactly once');
  assert.ok(of('SignalAbort').length <= created, 'SignalAbort at most once');
  const isLate =
    calls.findLastIndex((line) => / SignalAbort /.test(line)) >
    calls.findLastIndex((line) => / Close /.test(line));
  assert.ok(created === 0 || !isLate, 'SignalAbort before Close');
  await awaitIdle(rig);
  assert.equal(rig.server.instance.requests.size, 0, 'no statement goes on in the server');
  assert.deepEqual(rig.server.deviceSets, [], 'no device set is left');
}
