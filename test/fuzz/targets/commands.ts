// The commands that read backups, as jobs of this process, each on a real file with real threads: info, verify, extract,
// and restore as far as its plan. Whatever the file, each ends with a report or a failure of the documented kinds, and
// takes no more memory and time than its bytes.

import assert from 'node:assert/strict';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource } from '../../../src/archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../../src/archive/reader/stored-archive.ts';
import { MiB } from '../../../src/base/byte-size.ts';
import { Failure } from '../../../src/base/errors.ts';
import type { FailureKind } from '../../../src/base/failure-codes.ts';
import { describeBackup } from '../../../src/job/sets/backup-description.ts';
import { orderChain } from '../../../src/job/sets/restore-chain.ts';
import { openSets } from '../../../src/job/sets/restore-sets.ts';
import { ReadPipeline } from '../../../src/pipeline/decompress/read-pipeline.ts';
import { StdinSource } from '../../../src/storage/stdin-source.ts';
import { extract, info, verify } from '../../rig/read-jobs.ts';
import { writeSparse } from '../../rig/sparse-file.ts';
import { craftedFile } from '../crafted-file.ts';

/** Memory of this process above what it had before its first input, bytes. */
const maxGrowth = 256 * MiB;
/** Processor time of one command, ms; a file of two MiB may hold a GiB, which takes half of it to read and write. */
const maxCpuMs = 12_000;

const folder = mkdtempSync(join(tmpdir(), 'fuzz-commands-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const [path, out] = [join(folder, 'file'), join(folder, 'out')];
let before: number | undefined;

export async function fuzz(data: Uint8Array): Promise<void> {
  const { file, isShort } = craftedFile(Uint8Array.from(data));
  writeSparse(path, file);
  await judged('info', () => refusedAs(['integrity'], () => info(path)));
  await judged('restore', () => refusedAs(['integrity', 'usage'], planned));
  if (!isShort) return;
  await judged('a pipe', () => refusedAs(['integrity', 'io'], piped));
  await judged('verify', () => verify([path]));
  await judged('extract', () => extract(path, out, { salvage: true }));
  rmSync(out, { force: true });
  // A file that somebody still writes, or cuts, while it is read.
  const length = Math.floor((file.bytes * (data.at(-1) ?? 0)) / 128);
  await judged('a file that changes', () => Promise.all([verify([path]), truncate(path, length)]));
}

/** All of it as `restore -` takes it: its head twice, then onwards. */
async function piped(): Promise<void> {
  const source = new StdinSource(createReadStream(path));
  const pipeline = new ReadPipeline(1);
  try {
    const backup = await openSource(source);
    await describeBackup(backup, 1, 2);
    source.passHead();
    const reader = pipeline.read(backup, { sums: false, tolerant: false });
    try {
      for (let piece = await reader.next(); piece; piece = await reader.next())
        reader.release(piece);
    } finally {
      await reader.stop();
    }
  } finally {
    await source.close();
    await pipeline.close();
  }
}

async function planned(): Promise<void> {
  const opened: StoredBackup[] = [];
  try {
    const keep = (backup: StoredBackup) => opened.push(backup);
    orderChain(await openSets({ files: [path] }, keep, () => undefined));
  } finally {
    for (const { source } of opened) await source.close();
  }
}

async function refusedAs(kinds: readonly FailureKind[], step: () => Promise<unknown>) {
  try {
    await step();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || !kinds.includes(thrown.kind)) throw thrown;
  }
}

async function judged(command: string, run: () => Promise<unknown>): Promise<void> {
  const peak = () => process.resourceUsage().maxRSS * 1024;
  before ??= peak();
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  const cpuMs = (user + system) / 1000;
  assert.ok(cpuMs < maxCpuMs, `${command} took ${cpuMs} ms`);
  assert.ok(peak() - before < maxGrowth, `${command} took ${(peak() - before) / MiB} MiB`);
}
