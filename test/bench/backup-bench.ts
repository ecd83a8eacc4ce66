// npm run bench [-- --size 1GiB --size 4GiB --runs 5 | --memory]: vdibackup beside the stock zstd, on the same bytes,
// in turn, medians. Two sizes, because the smaller one is mostly about start-up. The server is the stand-in, whose
// half of VDI runs inside vdibackup's process, so its cost counts against vdibackup. Prints a table; judges nothing.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatByteSize, GiB, MiB, parseByteSize } from '../../src/base/byte-size.ts';
import { corpusPath, Rig } from '../rig/rig.ts';
import { type Cost, measure, median } from './measure.ts';
import { standinCommand, standinEnvironment } from './standin-run.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', multiple: true, default: ['1GiB', '4GiB'] },
    runs: { type: 'string', default: '5' },
    level: { type: 'string', default: '3' },
    memory: { type: 'boolean', default: false },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);

/** The corpus, over and over, to `size` bytes; generated pages where there is no corpus. */
async function sourceFile(path: string, size: number): Promise<string> {
  if (!existsSync(corpusPath)) {
    await generated(path, size);
    return 'generated pages';
  }
  const names = readdirSync(corpusPath).filter((name) => name.endsWith('.bak'));
  const contents = await Promise.all(names.map((name) => readFile(join(corpusPath, name))));
  const file = await open(path, 'w');
  for (let written = 0, index = 0; written < size; index += 1) {
    const bytes = contents[index % contents.length] ?? Buffer.alloc(0);
    written += (await file.write(bytes, 0, Math.min(bytes.length, size - written))).bytesWritten;
  }
  await file.close();
  return `${names.length} real backups, repeated`;
}

/** vdibackup itself writes the file: the bare stream of a generated database. */
async function generated(path: string, size: number): Promise<void> {
  const rig = await Rig.create({
    databases: [{ name: 'Bench', streams: { kind: 'generate', bytes: size } }],
  });
  const ended = await rig.run(['Bench', path, '--compress', 'none']).ended;
  await rig.close();
  if (ended.code !== 0) throw new Error(ended.stderr);
}

async function throughput(size: number, runs: number, level: string): Promise<void> {
  const rig = await Rig.create({ databases: [] });
  const [source, theirs, ours] = [
    rig.path('source.bak'),
    rig.path('stock.zst'),
    rig.path('ours.zst'),
  ];
  const what = await sourceFile(source, size);
  const bench = await Rig.create({
    databases: [{ name: 'Bench', streams: { kind: 'file', path: source } }],
  });
  say(
    `${formatByteSize(size)} of ${what}; ${cpus().length} cores; ${runs} runs each in turn; medians`,
  );
  const costs: Record<'zstd' | 'vdibackup', Cost[]> = { zstd: [], vdibackup: [] };
  for (let run = -1; run < runs; run += 1) {
    const stock = await measure(['zstd', '-q', '-f', `-${level}`, '-T0', source, '-o', theirs]);
    const own = await measure(
      standinCommand(bench, 'Bench', ours, '--overwrite', '--compress', `zstd:${level}`),
      standinEnvironment(bench),
    );
    for (const cost of [stock, own])
      if (cost.exitCode !== 0) throw new Error(`exit ${cost.exitCode}: ${cost.stderr}`);
    if (run < 0) continue; // warm-up
    costs.zstd.push(stock);
    costs.vdibackup.push(own);
  }
  const stored = { zstd: (await stat(theirs)).size, vdibackup: (await stat(ours)).size };
  say('| | wall s | MiB/s | CPU s | ratio | peak MiB |\n|---|---|---|---|---|---|');
  for (const name of ['zstd', 'vdibackup'] as const)
    say(row(name, costs[name], size, stored[name]));
  const pairs = costs.zstd.map((stock, index) => ({ stock, own: costs.vdibackup[index] ?? stock }));
  const ratio = (pick: (cost: Cost) => number) =>
    median(pairs.map(({ stock, own }) => pick(own) / pick(stock)));
  say(
    `throughput x${(1 / ratio((cost) => cost.wallSeconds)).toFixed(3)}, CPU x${ratio((cost) => cost.cpuSeconds).toFixed(3)}, size x${(stored.vdibackup / stored.zstd).toFixed(4)}`,
  );
  await Promise.all([rig.close(), bench.close()]);
}

function row(name: string, costs: readonly Cost[], size: number, stored: number): string {
  const wall = median(costs.map((cost) => cost.wallSeconds));
  const cpu = median(costs.map((cost) => cost.cpuSeconds));
  const peak = median(costs.map((cost) => cost.peakMiB));
  return `| ${name} | ${wall.toFixed(2)} | ${(size / MiB / wall).toFixed(0)} | ${cpu.toFixed(2)} | ${(size / stored).toFixed(3)} | ${peak.toFixed(0)} |`;
}

async function memory(): Promise<void> {
  say(
    'peak memory of vdibackup, 2 threads, to standard output\n| database | peak MiB | MiB/s |\n|---|---|---|',
  );
  for (const bytes of [GiB, 32 * GiB]) {
    const rig = await Rig.create({
      databases: [{ name: 'Bench', streams: { kind: 'generate', bytes, ratio: 8 } }],
    });
    const cost = await measure(
      standinCommand(rig, 'Bench', '-', '--threads', '2', '--progress', 'none'),
      standinEnvironment(rig),
    );
    if (cost.exitCode !== 0) throw new Error(cost.stderr);
    say(
      `| ${formatByteSize(bytes)} | ${cost.peakMiB.toFixed(0)} | ${(bytes / MiB / cost.wallSeconds).toFixed(0)} |`,
    );
    await rig.close();
  }
}

function requireStockZstd(): void {
  try {
    execFileSync('zstd', ['--version'], { stdio: 'ignore' });
  } catch {
    say('the stock zstd is missing; on Debian: apt-get install zstd');
    process.exit(1);
  }
}

if (values.memory) await memory();
else {
  requireStockZstd();
  for (const size of values.size)
    await throughput(parseByteSize(size) ?? GiB, Number(values.runs), values.level);
}
