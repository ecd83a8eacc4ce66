// A power cut at every point of a run: whatever bears a final name is whole, the set before or the new one is there,
// and after OK it is the new one.

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { suite, test } from 'node:test';
import { CrashReplay, type Folder } from '../rig/crash-replay.ts';
import type { Recorded } from '../rig/file-recorder.ts';
import type { Rig } from '../rig/rig.ts';
import { trial } from '../rig/trial.ts';
import { type WholeArchive, wholeArchive } from '../rig/whole-archive.ts';
import { sha256 } from '../rig/zstd.ts';

const recorder = new URL('../rig/file-recorder.js', import.meta.url).href;

/** The run, recorded; it must succeed. */
async function recorded(rig: Rig, args: readonly string[]): Promise<readonly Recorded[]> {
  const log = `${rig.folder}.recorded`;
  const env = {
    NODE_OPTIONS: `--import=${recorder}`,
    VDI_RECORD_ROOT: rig.folder,
    VDI_RECORD_FILE: log,
  };
  const { code, stderr } = await rig.bare(args, { env }).ended;
  assert.equal(code, 0, stderr);
  const text = await readFile(log, 'utf8');
  await rm(log);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
}

async function contents(rig: Rig): Promise<Map<string, Buffer>> {
  const names = await rig.files();
  const pairs = names.map(async (name) => [rig.path(name), await rig.read(name)] as const);
  return new Map(await Promise.all(pairs));
}

async function replay(rig: Rig, args: readonly string[]): Promise<CrashReplay> {
  const before = await contents(rig);
  const played = new CrashReplay(await recorded(rig, args), before);
  assert.deepEqual(played.whole, await contents(rig), 'the recording is complete');
  return played;
}

/** Decoding is slow, and most states hold the same bytes. */
const known = new Map<string, WholeArchive | undefined>();
function archiveOf(bytes: Buffer): WholeArchive | undefined {
  const key = sha256(bytes);
  if (!known.has(key)) {
    try {
      known.set(key, wholeArchive(bytes));
    } catch {
      known.set(key, undefined);
    }
  }
  return known.get(key);
}

interface Expected {
  /** Final names. */
  readonly files: readonly string[];
  readonly old: ReadonlyMap<string, Buffer>;
}

function assertState(state: Folder, { files, old }: Expected): void {
  for (const path of files) {
    const bytes = state.get(path);
    if (bytes && !old.get(path)?.equals(bytes))
      assert.ok(archiveOf(bytes)?.finished, `${basename(path)} is not whole`);
    const side = state.get(`${path}.sha256`)?.toString();
    if (side !== undefined)
      assert.equal(side, `${sha256(bytes ?? Buffer.alloc(0))}  ${basename(path)}\n`);
  }
  const there = [...state.values()];
  const oldIsWhole = files.every((path) => {
    const bytes = old.get(path);
    return bytes === undefined || there.some((each) => each.equals(bytes));
  });
  assert.ok(oldIsWhole || newIsWhole(there, files.length), 'neither set is whole');
}

function newIsWhole(there: readonly Buffer[], stripes: number): boolean {
  const numbers = there.map((bytes) => archiveOf(bytes)?.header.stripe);
  return Array.from({ length: stripes }, (_, index) => index + 1).every((stripe) =>
    numbers.includes(stripe),
  );
}

const cases: Readonly<Record<string, { files: string[]; more: string[]; over: boolean }>> = {
  'a new file': { files: ['s.zst'], more: [], over: false },
  'a file that replaces another': { files: ['s.zst'], more: [], over: true },
  'new stripes': { files: ['a.zst', 'b.zst', 'c.zst'], more: [], over: false },
  'stripes that replace others': { files: ['a.zst', 'b.zst', 'c.zst'], more: [], over: true },
  'a new file and its checksum': { files: ['s.zst'], more: ['--sha256'], over: false },
  'both replaced': { files: ['s.zst'], more: ['--sha256'], over: true },
  'stripes and checksums replaced': { files: ['a.zst', 'b.zst'], more: ['--sha256'], over: true },
};

async function writeYesterday(rig: Rig, files: readonly string[], sums: boolean): Promise<void> {
  for (const name of files) {
    const bytes = Buffer.from(`yesterday's ${name}`);
    await writeFile(rig.path(name), bytes);
    if (sums) await writeFile(rig.path(`${name}.sha256`), `${sha256(bytes)}  ${name}\n`);
  }
}

/** Also that it was durable when the run said OK. */
function assertEveryState(played: CrashReplay, expected: Expected, sides: readonly string[]): void {
  for (let cut = 0; cut <= played.length; cut += 1)
    for (const state of played.states(cut)) assertState(state, expected);
  for (const state of played.states(played.length)) {
    for (const path of expected.files)
      assert.ok(archiveOf(state.get(path) ?? Buffer.alloc(0))?.finished, 'not durable');
    for (const path of sides) assert.ok(state.get(path), 'no durable checksum');
  }
}

function assertExtracted(played: CrashReplay, out: string, raw: Buffer, old?: Buffer): void {
  for (let cut = 0; cut <= played.length; cut += 1)
    for (const state of played.states(cut)) {
      const bytes = state.get(out);
      const isOld = old ? bytes?.equals(old) === true : bytes === undefined;
      if (isOld && cut < played.length) continue;
      assert.ok(bytes?.equals(raw), 'not whole');
    }
}

suite('a power cut at every point', { concurrency: 2 }, () => {
  for (const [what, { files, more, over }] of Object.entries(cases))
    test(`of a backup into ${what}`, () => {
      const sides = more.length > 0 ? files.map((name) => `${name}.sha256`) : [];
      return trial([...files, ...sides], async (rig) => {
        if (over) await writeYesterday(rig, files, sides.length > 0);
        const paths = files.map((name) => rig.path(name));
        const expected = { files: paths, old: await contents(rig) };
        const words = ['Sales', ...files, ...more, ...(over ? ['--overwrite'] : [])];
        const played = await replay(rig, [...rig.connection, ...words]);
        assertEveryState(
          played,
          expected,
          sides.map((name) => rig.path(name)),
        );
      });
    });

  for (const old of [undefined, Buffer.from('yesterday')])
    test(`of an extraction into ${old ? 'a file that replaces another' : 'a new file'}`, () =>
      trial(['s.zst', 'out.bak'], async (rig) => {
        await recorded(rig, [...rig.connection, 'Sales', 's.zst']);
        const { raw } = wholeArchive(await rig.read('s.zst'));
        if (old) await writeFile(rig.path('out.bak'), old);
        const words = ['extract', 's.zst', 'out.bak', ...(old ? ['--overwrite'] : [])];
        assertExtracted(await replay(rig, words), rig.path('out.bak'), raw, old);
      }));
});
