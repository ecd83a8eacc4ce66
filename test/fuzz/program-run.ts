// The program itself under fuzz: a file that lies for every command that reads one, each a process of its own, whose
// memory and processor time are watched from outside. Inputs are dice, not led by coverage: a process cannot be led.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertBounded, hostileCommands, hostileLimits } from '../rig/hostile-trial.ts';
import { runJudged } from '../rig/judged-program.ts';
import { writeSparse } from '../rig/sparse-file.ts';
import { craftedFile } from './crafted-file.ts';
import { randomInput } from './seeds.ts';

/** Good, refused words, no server, damage. */
const exitCodes = [0, 2, 4, 9];
/** Processor time of one process, ms: starting takes 200 of it, the most expensive plan a few thousand. */
const maxCpuMs = 10_000;

/** How many of the worst runs are shown. */
const shownRuns = 12;

interface Run {
  readonly seed: number;
  readonly command: string;
  readonly code: number | null;
  readonly peakBytes: number;
  readonly cpuMs: number;
}

interface Seen {
  inputs: number;
  readonly runs: Run[];
  failed: number;
}

/** Runs for so many seconds; false when something was found. Inputs that found it are kept in `findings`. */
export async function fuzzPrograms(
  findings: string,
  seconds: number,
  say: (line: string) => void,
): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-programs-'));
  const end = performance.now() + seconds * 1000;
  const seen: Seen = { inputs: 0, runs: [], failed: 0 };
  try {
    for (let seed = randomInt(2 ** 30); performance.now() < end; seed += 1) {
      const { bytes } = randomInput(seed);
      seen.inputs += 1;
      await runAll(seed, join(folder, 'file'), bytes, seen).catch((thrown: Error) => {
        seen.failed += 1;
        mkdirSync(findings, { recursive: true });
        const kept = join(findings, `commands-dice-${seed}`);
        writeFileSync(kept, bytes);
        say(`${thrown.message}\n${kept}`);
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { inputs, runs, failed } = seen;
  for (const line of worst(runs)) say(line);
  const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes));
  const figures = `${runs.length} processes in ${seconds} s, ${inputs} inputs, ${mebibytes(peak)} MiB`;
  say(`${failed === 0 ? 'ok    ' : 'FAILED'} ${'programs'.padEnd(16)} ${figures}`);
  return failed === 0;
}

/** The runs that took most memory and most time, as lines. */
function worst(runs: readonly Run[]): string[] {
  const top = (by: (run: Run) => number) =>
    [...runs].sort((a, b) => by(b) - by(a)).slice(0, shownRuns / 2);
  const both = new Set([...top(({ peakBytes }) => peakBytes), ...top(({ cpuMs }) => cpuMs)]);
  return [...both].map(
    ({ seed, command, code, peakBytes, cpuMs }) =>
      `       ${command.padEnd(8)} exit ${code}, ${mebibytes(peakBytes)} MiB, ${cpuMs} ms of processor time (seed ${seed})`,
  );
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

async function runAll(seed: number, path: string, bytes: Uint8Array, seen: Seen): Promise<void> {
  const { file, isShort } = craftedFile(bytes);
  writeSparse(path, file);
  for (const [command, argumentsFor] of Object.entries(hostileCommands)) {
    if (!isShort && command !== 'info' && command !== 'restore') continue;
    const env = { SQLCMDPASSWORD: 'none' };
    const judged = await runJudged(argumentsFor(path), hostileLimits, { env });
    const { code, peakBytes, cpuMs } = judged;
    seen.runs.push({ seed, command, code, peakBytes, cpuMs });
    assertBounded(judged, command);
    assert.ok(
      exitCodes.includes(judged.code ?? -1),
      `${command}: exit ${judged.code}, ${judged.lastLine}`,
    );
    assert.ok(judged.cpuMs < maxCpuMs, `${command} took ${judged.cpuMs} ms`);
  }
}
