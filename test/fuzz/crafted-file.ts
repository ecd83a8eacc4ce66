// From the bytes of an input to a file that lies: archives, zstd streams and backup streams whose lengths, counts and
// nesting are what the input says. What a length claims is mostly a hole.

import { compress } from 'zstd-napi';
import type { ArchiveHeader } from '../../src/archive/header.ts';
import { GiB, KiB, MiB } from '../../src/base/byte-size.ts';
import { encodeSkippableHead } from '../../src/zstd/skippable-frame.ts';
import { type HostileArchive, type HostileFrame, hostileArchive } from '../rig/hostile-archive.ts';
import { frameHead, rawBlock, repeatBlock } from '../rig/hostile-frames.ts';
import {
  configuredSet,
  longStreams,
  shortRecords,
  tinyRecords,
  tinySets,
} from '../rig/hostile-streams.ts';
import { type SparseFile, SparseFileBuilder } from '../rig/sparse-file.ts';
import { Choices } from './choices.ts';
import { containerOf } from './container-sample.ts';
import { mendContainer, mendTape } from './mend.ts';
import { smallStreams } from './stream-sample.ts';

/** Longest hole: a file may have 16 TiB on ext4, and 64 GiB are as good. */
const maxHole = 64 * GiB;
const maxFrames = 2000;
/** Stored bytes of frames that are repeated: what is read takes its time, which is no finding. */
const maxRepeated = 8 * MiB;

export interface CraftedFile {
  readonly file: SparseFile;
  /** Reading all of it is not much work. */
  readonly isShort: boolean;
}

export function craftedFile(input: Uint8Array): CraftedFile {
  const choices = new Choices(input);
  const make = choices.pick([archive, archive, archive, zstdFile, native, native]);
  const file = edited(make(choices), choices);
  return { file, isShort: file.bytes <= 256 * MiB };
}

function archive(choices: Choices): SparseFile {
  const frames = frameList(choices);
  const claims: HostileArchive = {
    header: header(choices),
    frames,
    ...(choices.rarely(6) && { holeEntries: Math.min(choices.number(), 2 ** 27) }),
    ...(choices.rarely(6) && { trailer: trailer(choices) }),
    ...(choices.rarely(12) && { trailerText: longText(choices) }),
  };
  return hostileArchive(claims);
}

function header(choices: Choices): Partial<ArchiveHeader> {
  const frameSize = Math.max(1, Math.min(choices.perhaps(4 * MiB), 128 * MiB));
  return {
    frameSize,
    ...(choices.rarely(8) && { database: name(choices) }),
    ...(choices.rarely(8) && { stripes: 1 + choices.upTo(63) }),
    ...(choices.rarely(8) && { blockSize: choices.number() }),
  };
}

function trailer(choices: Choices): Record<string, unknown> {
  const keys = ['frames', 'rawBytes', 'compressedBytes', 'finished', 'messages', 'mtf', 'setId'];
  const values = [
    () => choices.number(),
    () => -choices.number(),
    () => 1e308,
    () => name(choices),
    () => Array.from({ length: choices.upTo(5000) }, () => ({})),
    () => null,
  ];
  return { [choices.pick(keys)]: choices.pick(values)() };
}

/** As long as a header or a trailer may be, and longer. */
function longText(choices: Choices): string {
  const one = choices.pick(['[', '{"a":', '[0,', '"\\ud800', '1', ' ']);
  const length = choices.pick([10, 60_000, 1_000_000, 1_100_000]);
  return `{"vdibackup":1,"messages":${one.repeat(length / one.length)}`;
}

function name(choices: Choices): string {
  const letters = ['n', '\u0000', '\ud800', '\u202e', '\u001b[2J', '\n', '😀'];
  return choices.pick(letters).repeat(choices.pick([1, 128, 256, 257, 5000]));
}

function frameList(choices: Choices): HostileFrame[] {
  const frames = choices.list(4, () => frame(choices));
  const [first] = frames;
  if (!first?.bytes || !choices.rarely(5)) return frames;
  const most = Math.min(maxFrames, Math.floor(maxRepeated / Math.max(1, first.raw, first.stored)));
  return Array.from({ length: Math.max(1, most) }, () => first);
}

function frame(choices: Choices): HostileFrame {
  const raw = choices.pick([stream, stream, () => Buffer.alloc(Math.min(choices.number(), MiB))])(
    choices,
  );
  const good = compress(raw, { checksumFlag: true, contentSizeFlag: true });
  const bytes = choices.rarely(4) ? looseFrame(choices) : good;
  const checksum = bytes.length >= 4 ? bytes.readUInt32LE(bytes.length - 4) : 0;
  const stored = Math.min(choices.perhaps(bytes.length), 2 ** 32 - 1);
  const said = Math.min(choices.perhaps(raw.length), 2 ** 32 - 1);
  return { stored, raw: said, checksum, bytes: bytes.subarray(0, stored) };
}

/** A frame whose claims have nothing to do with what is in it. */
function looseFrame(choices: Choices): Buffer {
  const claims = {
    ...(choices.rarely(3) && { contentSize: BigInt(choices.number()) }),
    ...(choices.rarely(6) && { dictionaryId: choices.number() >>> 0 }),
    windowLog: 10 + choices.upTo(31),
    checksum: choices.rarely(2),
  };
  const blocks = choices.list(40, () =>
    choices.rarely(2)
      ? repeatBlock(Math.min(choices.number(), 128 * KiB), choices.rarely(20))
      : rawBlock(Buffer.alloc(Math.min(choices.number(), 4096)), choices.rarely(20)),
  );
  return Buffer.concat([frameHead(claims), ...blocks]);
}

function zstdFile(choices: Choices): SparseFile {
  const file = new SparseFileBuilder();
  const parts = [
    () => file.add(compress(stream(choices))),
    () => file.add(looseFrame(choices)),
    () => file.add(skippable(choices)).hole(hole(choices)),
    () => file.hole(hole(choices)),
  ];
  choices.list(6, () => choices.pick(parts)());
  return file.end();
}

function skippable(choices: Choices): Uint8Array {
  const magic = 0x184d2a50 + choices.upTo(15);
  return encodeSkippableHead({ magic, contentBytes: Math.min(choices.number(), 2 ** 32 - 1) });
}

function hole(choices: Choices): number {
  return Math.min(choices.number(), maxHole);
}

function native(choices: Choices): SparseFile {
  if (choices.rarely(5)) {
    const bytes = Math.min(choices.number(), MiB);
    return longStreams(choices.pick(['RAID', 'MQCI', 'MQDA', 'SPAD']), choices.upTo(300), bytes);
  }
  const file = new SparseFileBuilder();
  file.add(stream(choices));
  if (choices.rarely(4)) file.hole(hole(choices));
  return file.end();
}

/** A backup stream, its fields changed and its checksums put right. */
function stream(choices: Choices): Buffer {
  const bytes = Buffer.from(choices.pick([small, small, sets, configured, container])(choices));
  for (const { at, value } of choices.list(6, () => edit(choices, bytes.length)))
    writeNumber(bytes, at, value);
  if (!choices.rarely(4)) mend(bytes);
  return bytes;
}

function small(choices: Choices): Buffer {
  return choices.pick(smallStreams());
}

function sets(choices: Choices): Buffer {
  const [media, tiny] = tinySets();
  return Buffer.concat([media, tiny.subarray(0, choices.pick([1, 16, 256]) * KiB)]);
}

function configured(choices: Choices): Buffer {
  const records = () =>
    shortRecords(
      choices.pick(['SCIN', 'SFGI', 'SFIN', 'ABCD']),
      choices.pick([100, 8192, MiB, MiB + 8]),
      choices.pick([8, 20, 258, 288, 400]),
    );
  return Buffer.concat(configuredSet(records(), records()));
}

function container(choices: Choices): Buffer {
  if (choices.rarely(4)) return tinyRecords(1 + choices.upTo(2));
  const databases = choices.list(6, () => 'Sales');
  return containerOf(databases, Buffer.alloc(choices.pick([0, 512, 60_000]), 0x21));
}

function mend(bytes: Buffer): void {
  if (bytes.toString('latin1', 0, 8) === 'MSSQLBAK') mendContainer(bytes);
  else mendTape(bytes);
}

/** Numbers over what was built, from its start or its end: head, footer and whatever lies between. */
function edited(file: SparseFile, choices: Choices): SparseFile {
  if (!choices.rarely(3)) return file;
  const parts = file.parts.map(({ at, bytes }) => ({ at, bytes: Buffer.from(bytes) }));
  for (const { part, at, value } of choices.list(3, () => {
    const chosen = parts[choices.rarely(2) ? parts.length - 1 - choices.upTo(3) : choices.upTo(3)];
    return { part: chosen, ...edit(choices, chosen?.bytes.length ?? 0) };
  }))
    if (part) writeNumber(part.bytes, at, value);
  return { bytes: file.bytes, parts };
}

function edit(choices: Choices, length: number): { readonly at: number; readonly value: number } {
  return { at: choices.upTo(Math.min(length, 0xffff)), value: choices.number() };
}

/** As the eight bytes of a length, the four of another, or one. */
function writeNumber(bytes: Buffer, at: number, value: number): void {
  if (value >= 2 ** 32 && at + 8 <= bytes.length) bytes.writeBigUInt64LE(BigInt(value), at);
  else if (value > 255 && at + 4 <= bytes.length) bytes.writeUInt32LE(value % 2 ** 32, at);
  else if (at < bytes.length) bytes[at] = value & 255;
}
