// Throughput under Wine against the native run on the same data, side by side: `npm run bench:windows`.
// Needs what `npm run test:windows` prepares. Says nothing about Windows itself.

import { parseByteSize } from '../../src/base/byte-size.ts';
import type { Ended } from '../rig/program.ts';
import { WindowsRig } from '../windows/windows-rig.ts';

const MiB = 1024 * 1024;
const rounds = 3;

interface Summary {
  readonly event: string;
  readonly rawBytes: number;
  readonly elapsedMs: number;
}

const bytes = parseByteSize(process.argv[2] ?? '1GiB');
if (bytes === undefined) throw new Error(`not a size: ${process.argv[2]}`);
const windows = await WindowsRig.create({
  databases: [{ name: 'Sales', streams: { kind: 'generate', bytes, seed: 3 } }],
});
try {
  const args = ['Sales', 's.zst', '--overwrite', '--json'];
  const native: number[] = [];
  const wine: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    native.push(speed(await windows.rig.run(args).ended));
    wine.push(speed(await windows.run(args).ended));
  }
  say('native', native);
  say('wine', wine);
  process.stdout.write(`ratio wine/native ${(median(wine) / median(native)).toFixed(2)}\n`);
} finally {
  await windows.close();
}

/** MiB per second of the job itself; the start of a process is not in it. */
function speed({ code, stderr, lastLine }: Ended): number {
  if (code !== 0) throw new Error(stderr);
  const summary = JSON.parse(lastLine) as Summary;
  return summary.rawBytes / MiB / (summary.elapsedMs / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function say(what: string, values: readonly number[]): void {
  const each = values.map((value) => value.toFixed(0)).join(', ');
  process.stdout.write(`${what} ${median(values).toFixed(0)} MiB/s (${each})\n`);
}
