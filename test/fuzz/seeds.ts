// Where inputs begin: kept files (test/fuzz/seeds, test/fuzz/regressions), the golden archives, and inputs made here
// from the product's own writers.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from 'zstd-napi';
import { type ArchiveHeader, encodeArchiveHeader } from '../../src/archive/header.ts';
import { encodeJsonFrame } from '../../src/archive/json-frame.ts';
import { emptyChecksum, SeekTable } from '../../src/archive/seek-table.ts';
import { frameChecksum } from '../../src/zstd/frame-header.ts';
import { random } from '../rig/random.ts';
import { corpusPath } from '../rig/rig.ts';
import { makeTwin, regionsOf, type Twin } from '../vectors/twins.ts';
import { containerOf, containerSample, literalPayload } from './container-sample.ts';
import { smallStreams } from './stream-sample.ts';
import type { TargetName } from './target-list.ts';

export const testFolder = join(import.meta.dirname, '..', '..', '..', 'test');
const vectors = join(testFolder, 'vectors', 'v1');

/** Files that the commands begin with, and bytes that decide on one. */
const [craftedSeeds, craftedBytes] = [24, 96];

export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Inputs that the run begins with; the first is the plainest good one. */
export function seedsOf(target: TargetName): Seed[] {
  return [...(made[target]?.() ?? []), ...kept('seeds', target), ...kept('regressions', target)];
}

/** The golden archives and their damaged twins: too long to be mutated, read again by every test run. */
export function goldenArchives(): Seed[] {
  const golden = readFileSync(join(vectors, 'sales.bak.zst'));
  const twins: Twin[] = JSON.parse(readFileSync(join(vectors, 'twins.json'), 'utf8'));
  return [
    { name: 'sales.bak.zst', bytes: golden },
    ...twins.map((twin) => ({ name: twin.name, bytes: makeTwin(golden, twin) })),
  ];
}

function kept(folder: string, target: TargetName): Seed[] {
  const path = join(testFolder, 'fuzz', folder, target);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => ({ name: `${folder}/${name}`, bytes: readFileSync(join(path, name)) }));
}

const made: Partial<Record<TargetName, () => Seed[]>> = {
  archive: () => {
    const archive = smallArchive();
    const [stripe] = ['stripe-1of2.bak.zst'].map((name) => readFileSync(join(vectors, name)));
    return [
      { name: 'small archive', bytes: archive },
      { name: 'stripe 1 of 2', bytes: stripe as Buffer },
      ...flips(archive),
      { name: 'zstd of a stream', bytes: compress(streams()[0]?.bytes ?? Buffer.alloc(0)) },
    ];
  },
  'json-frame': () => jsonOf(smallArchive()),
  'seek-table': () => [tableOf(smallArchive())],
  frames: () => [
    { name: 'small archive', bytes: smallArchive() },
    { name: 'two frames', bytes: Buffer.concat([frameOf(text(3000)), frameOf(text(10))]) },
    { name: 'without size', bytes: compress(text(500), { contentSizeFlag: false }) },
  ],
  mtf: streams,
  mssqlbak: () => [
    { name: 'container', bytes: containerSample() },
    { name: 'container, mended', bytes: mended(containerSample()) },
    { name: 'container of version 1', bytes: containerOf(['Sales'], undefined, undefined, 1) },
  ],
  commands: () => Array.from({ length: craftedSeeds }, (_, seed) => randomInput(seed)),
  xpress: () => [{ name: 'literals', bytes: literalPayload(text(1024)) }],
};

/** Decisions (choices.ts) of a file that lies. */
export function randomInput(seed: number): Seed {
  const dice = random(seed);
  const bytes = Uint8Array.from({ length: craftedBytes }, () => Math.floor(dice() * 256));
  return { name: `dice ${seed}`, bytes };
}

function streams(): Seed[] {
  return smallStreams().flatMap((bytes, index) => [
    { name: `stream ${index + 1}`, bytes },
    { name: `stream ${index + 1}, mended`, bytes: mended(bytes) },
  ]);
}

/** Mutations of it get their checksums put right (pieces.ts); the last byte itself is padding. */
function mended(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = 0x85;
  return copy;
}

function text(length: number): Buffer {
  return Buffer.alloc(length, 'SELECT 1; ');
}

function frameOf(raw: Uint8Array): Buffer {
  return compress(raw, { checksumFlag: true, contentSizeFlag: true });
}

const header: ArchiveHeader = {
  setId: '0F8FAD5B-D9CB-469F-A165-70867728950E',
  stripe: 1,
  stripes: 2,
  database: 'Sales',
  server: 'DB1',
  type: 'copy',
  blockSize: 512,
  transferSize: 65_536,
  frameSize: 8192,
  compression: { algorithm: 'zstd', level: 3 },
  toolVersion: '0.1.0',
  started: '2026-01-02T03:04:05.000Z',
};

/** A finished archive of two frames whose trailer is as short as a reader takes it. */
function smallArchive(): Buffer {
  const [stream] = smallStreams();
  const raw = stream as Buffer;
  const pieces = [raw.subarray(0, 8192), raw.subarray(8192, 16_384)];
  const frames = pieces.map(frameOf);
  const trailer = {
    vdibackup: 1,
    setId: header.setId,
    stripe: 1,
    rawBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
    compressedBytes: frames.reduce((sum, frame) => sum + frame.length, 0),
    frames: 2,
    messages: [{ number: 3014, severity: 0, text: 'BACKUP DATABASE successfully processed.' }],
    finished: '2026-01-02T03:09:05.000Z',
    mtf: {
      compressed: false,
      complete: true,
      sets: 1,
      set: { database: 'Sales', recoveryModel: 'FULL', files: [] },
    },
    timings: { connect: 12.5 },
    messagesOmitted: 1,
  };
  const head = encodeArchiveHeader(header);
  const tail = encodeJsonFrame(JSON.stringify(trailer));
  const table = new SeekTable();
  table.append(head.length, 0, emptyChecksum);
  for (const [index, frame] of frames.entries())
    table.append(frame.length, pieces[index]?.length ?? 0, frameChecksum(frame));
  table.append(tail.length, 0, emptyChecksum);
  return Buffer.concat([head, ...frames, tail, ...table.encode()]);
}

/** One bit wrong in every part. */
function flips(archive: Buffer): Seed[] {
  return Object.entries(regionsOf(archive)).map(([name, at]) => ({
    name: `flipped ${name}`,
    bytes: makeTwin(archive, { name, edits: [{ at, xor: 1 }], verify: 0, extract: 0 }),
  }));
}

function jsonOf(archive: Buffer): Seed[] {
  const trailerAt = archive.lastIndexOf('{"vdibackup"');
  const trailerBytes = archive.readUInt32LE(trailerAt - 4);
  return [
    { name: 'header', bytes: archive.subarray(8, 8 + archive.readUInt32LE(4)) },
    { name: 'trailer', bytes: archive.subarray(trailerAt, trailerAt + trailerBytes) },
  ];
}

function tableOf(archive: Buffer): Seed {
  const entries = archive.readUInt32LE(archive.length - 9);
  return { name: 'table', bytes: archive.subarray(archive.length - 17 - entries * 12) };
}

/** The beginnings of real backups beside the project, where there are any. */
export function corpusSeeds(target: TargetName, maxBytes: number): Seed[] {
  const magic = { mtf: 'TAPE', mssqlbak: 'MSSQLBAK' }[target as string];
  if (magic === undefined || !existsSync(corpusPath)) return [];
  return readdirSync(corpusPath)
    .filter((name) => name.endsWith('.bak'))
    .map((name) => ({ name, bytes: beginning(join(corpusPath, name), maxBytes) }))
    .filter(({ bytes }) => bytes.toString('latin1', 0, magic.length) === magic);
}

function beginning(path: string, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}
