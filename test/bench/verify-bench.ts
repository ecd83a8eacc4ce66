// npm run bench:verify [-- --size 1GiB --runs 5]: vdibackup verify, extract and restore beside the stock zstd -t and
// zstd -dc, on the same archive, in turn, medians: of real backups, appended to each other (hundreds of small backup
// sets), and of one generated set. restore feeds the stand-in, which only counts what it gets: as a whole process, with
// start, login and the FILELISTONLY pass, and the feeding alone, from the moment the device is configured to its last
// Read; the stand-in's own copying counts against both. Prints a table; judges nothing.

import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatByteSize, MiB, parseByteSize } from '../../src/base/byte-size.ts';
import { writeArchive } from '../rig/make-archive.ts';
import { binPath, corpusPath, Rig } from '../rig/rig.ts';
import { type Cost, measure, median } from './measure.ts';
import { standinCommand, standinEnvironment } from './standin-run.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1GiB' },
    runs: { type: 'string', default: '5' },
  },
});

const program = [process.execPath, binPath];
const runs = Number(values.runs);
const quiet = ['--progress', 'none'];
const say = (line: string) => process.stdout.write(`${line}\n`);

/** A stream of real backups, appended to each other to `size` bytes; they walk as one stream of many sets. */
async function source(path: string, size: number): Promise<void> {
  const names = readdirSync(corpusPath).filter((name) => name.endsWith('.bak'));
  const contents = await Promise.all(names.map((name) => readFile(join(corpusPath, name))));
  const plain = contents.filter((bytes) => bytes.toString('latin1', 0, 4) === 'TAPE');
  const file = await open(path, 'w');
  for (let written = 0, index = 0; written < size; index += 1) {
    const bytes = plain[index % plain.length] ?? Buffer.alloc(0);
    written += (await file.write(bytes)).bytesWritten;
  }
  await file.close();
}

/** To nowhere, so that only reading and decompressing is measured. */
function toNowhere(...words: string[]): string[] {
  return ['sh', '-c', `${words.map((word) => `'${word}'`).join(' ')} > /dev/null`];
}

async function compare(
  title: string,
  stock: readonly string[],
  own: readonly string[],
  size: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ stock: Cost; own: Cost }[]> {
  const pairs: { stock: Cost; own: Cost }[] = [];
  for (let run = -1; run < runs; run += 1) {
    const pair = { stock: await measure(stock), own: await measure(own, env) };
    for (const cost of [pair.stock, pair.own])
      if (cost.exitCode !== 0) throw new Error(`exit ${cost.exitCode}: ${cost.stderr}`);
    if (run >= 0) pairs.push(pair); // the first is a warm-up
  }
  for (const who of ['stock', 'own'] as const) {
    const wall = median(pairs.map((pair) => pair[who].wallSeconds));
    const cpu = median(pairs.map((pair) => pair[who].cpuSeconds));
    const peak = Math.max(...pairs.map((pair) => pair[who].peakMiB));
    say(
      `| ${title} | ${who === 'stock' ? 'zstd' : 'vdibackup'} | ${wall.toFixed(2)} | ${(size / MiB / wall).toFixed(0)} | ${cpu.toFixed(2)} | ${peak.toFixed(0)} |`,
    );
  }
  const ratio = median(pairs.map((pair) => pair.stock.wallSeconds / pair.own.wallSeconds));
  const cpu = median(pairs.map((pair) => pair.own.cpuSeconds / pair.stock.cpuSeconds));
  say(`${title}: throughput x${ratio.toFixed(2)} of zstd, CPU x${cpu.toFixed(2)}`);
  return pairs;
}

/** How long the device of each RESTORE DATABASE in the judge's log was fed, in seconds. */
function feedings(lines: readonly string[]): number[] {
  const times: number[] = [];
  let [from, to] = [0, 0];
  for (const line of lines) {
    const at = Number(line.split(' ', 1)[0]) / 1e9;
    if (line.includes(' GetConfiguration ')) from = at;
    else if (/ CompleteCommand .*=Read /.test(line)) to = at;
    else if (line.includes(' Close ')) times.push(to - from);
  }
  // Each restore asks for the list of files first, through a device of its own.
  return times.filter((_, index) => index % 2 === 1);
}

/** Everything that reads `archive`, beside the stock zstd. */
async function reading(what: string, rig: Rig, archive: string, bytes: number): Promise<void> {
  const verify = [...program, 'verify', archive, ...quiet];
  await compare(`verify, ${what}`, ['zstd', '-qt', archive], verify, bytes);
  const stock = toNowhere('zstd', '-qdc', archive);
  const extract = toNowhere(...program, 'extract', archive, '-', ...quiet);
  await compare(`extract, ${what}`, stock, extract, bytes);
  const restore = standinCommand(
    rig,
    'restore',
    'Copy',
    archive,
    '--replace',
    '--no-verify',
    ...quiet,
  );
  const before = rig.judged().length;
  const env = { ...standinEnvironment(rig), VDI_STANDIN_LOG: rig.judgeLog };
  const pairs = await compare(`restore, ${what}`, stock, restore, bytes, env);
  const [, ...fed] = feedings(rig.judged().slice(before));
  const ratio = median(pairs.map((pair, run) => pair.stock.wallSeconds / (fed[run] ?? Number.NaN)));
  const rate = (bytes / MiB / median(fed)).toFixed(0);
  say(`restore, ${what}, feeding the device: ${rate} MiB/s, x${ratio.toFixed(2)} of zstd`);
}

/** One backup set as the program makes it. */
async function backUp(rig: Rig, archive: string): Promise<void> {
  const made = await rig.run(['Bench', archive]).ended;
  if (made.code !== 0) throw new Error(made.stderr);
}

/** Real backups, one behind the other. */
async function store(archive: string, raw: string, size: number): Promise<void> {
  await source(raw, size);
  await writeArchive(archive, createReadStream(raw, { highWaterMark: 4 * MiB }));
  await rm(raw);
}

async function main(): Promise<void> {
  if (!existsSync(corpusPath)) throw new Error('the bench needs the corpus beside the project');
  const folder = await mkdtemp(join(tmpdir(), 'verify-bench-'));
  const size = parseByteSize(values.size) ?? 0;
  const streams = { kind: 'generate', bytes: size, ratio: 8 } as const;
  const rig = await Rig.create({ keepRestored: false, databases: [{ name: 'Bench', streams }] });
  try {
    const [real, generated] = [join(folder, 'real.zst'), join(folder, 'generated.zst')];
    await store(real, join(folder, 'real.bak'), size);
    await backUp(rig, generated);
    say(`${formatByteSize(size)}; ${cpus().length} cores; ${runs} runs in turn`);
    say('| | | wall s | MiB/s | CPU s | peak MiB |\n|---|---|---|---|---|---|');
    await reading('real backups in a row', rig, real, size);
    await reading('one generated set', rig, generated, size);
  } finally {
    await rig.close();
    await rm(folder, { recursive: true });
  }
}

await main();
