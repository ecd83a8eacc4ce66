// node dist/test/vectors/make-vectors.js: writes test/vectors/v1 anew: archives made by the real program from the
// stand-in's bytes, and the table of their damaged twins. To be run once per format version, never to make a
// failing test pass: what a released version wrote must stay readable.

import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KiB, MiB } from '../../src/base/byte-size.ts';
import { Rig } from '../rig/rig.ts';
import { regionsOf, type Twin } from './twins.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'test', 'vectors', 'v1');

/** Runs one backup and copies its files. */
async function make(bytes: number, names: readonly string[]): Promise<void> {
  const rig = await Rig.create({
    databases: [{ name: 'Sales', streams: { kind: 'generate', bytes, seed: 7, ratio: 10 } }],
  });
  try {
    const ended = await rig.run(['Sales', ...names.map((name) => rig.path(name))]).ended;
    if (ended.code !== 0) throw new Error(ended.stderr);
    for (const name of names) await copyFile(rig.path(name), join(folder, name));
  } finally {
    await rig.close();
  }
}

function flips(archive: Buffer): Twin[] {
  return Object.entries(regionsOf(archive)).map(([region, at]) => ({
    name: `flipped-${region}`,
    edits: [{ at, xor: 1 }],
    verify: 9,
    extract: 9,
  }));
}

function cuts(archive: Buffer): Twin[] {
  const at = regionsOf(archive);
  const places: Record<string, number> = {
    'to-nothing': 0,
    'in-the-first-magic': 2,
    'in-the-header': 100,
    'behind-the-header': at['frame-1-magic'],
    'in-frame-1': at['frame-1-data'],
    'behind-frame-1': at['frame-2-magic'],
    'in-frame-2': at['frame-2-data'],
    'behind-the-frames': at['trailer-magic'],
    'in-the-trailer': at['trailer-magic'] + 1000,
    'behind-the-trailer': at['table-magic'],
    'in-the-table': at['table-entry-size'],
    'in-the-footer': archive.length - 4,
    'by-one-byte': archive.length - 1,
  };
  return Object.entries(places).map(([place, length]) => ({
    name: `cut-${place}`,
    edits: [],
    length,
    verify: 9,
    extract: 9,
  }));
}

/** Sizes that would be memory if they were believed. */
function forgeries(archive: Buffer): Twin[] {
  const at = regionsOf(archive);
  const huge = 'ffffffff';
  const forged: [string, number, string][] = [
    ['header-length', at['header-length'], huge],
    ['frame-1-content-size', at['frame-1-content-size'], huge],
    ['trailer-length', at['trailer-length'], huge],
    ['table-length', at['table-length'], huge],
    ['table-entry-size', at['table-entry-size'], huge],
    ['table-entry-raw-size', at['table-entry-raw-size'], huge],
    ['table-count', at['table-count'], huge],
    ['table-count-just-possible', at['table-count'], '00000008'],
  ];
  return forged.map(([field, offset, hex]) => ({
    name: `forged-${field}`,
    edits: [{ at: offset, hex }],
    verify: 9,
    extract: 9,
  }));
}

function additions(archive: Buffer): Twin[] {
  const end = archive.length;
  return [
    { name: 'one-byte-more', edits: [{ at: end, hex: '00' }], verify: 9, extract: 9 },
    { name: 'twice', edits: [{ at: end, hex: 'again' }], verify: 9, extract: 9 },
  ];
}

await mkdir(folder, { recursive: true });
await make(4 * MiB + 512 * KiB, ['sales.bak.zst']);
await make(256 * KiB, ['stripe-1of2.bak.zst', 'stripe-2of2.bak.zst']);
const archive = await readFile(join(folder, 'sales.bak.zst'));
const twins = [...flips(archive), ...cuts(archive), ...forgeries(archive), ...additions(archive)];
await writeFile(join(folder, 'twins.json'), `${JSON.stringify(twins, null, 1)}\n`);
