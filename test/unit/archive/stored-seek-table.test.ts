// A seek table that is read from a file: entry by entry as it was written, and nothing of it believed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type SeekTableEntry,
  StoredSeekTable,
} from '../../../src/archive/reader/stored-seek-table.ts';
import { emptyChecksum, SeekTable } from '../../../src/archive/seek-table.ts';
import type { Source } from '../../../src/storage/source.ts';
import { compressBound } from '../../../src/zstd/frame-header.ts';
import { failure } from './rig.ts';

const frameSize = 1000;
const [headerBytes, trailerBytes] = [300, 400];
/** Entries that are read at a time. */
const blockEntries = 16_384;
const damage = (words: RegExp) => failure('integrity', 'archive-damaged', words);

interface Written {
  readonly at: number;
  readonly bytes: Buffer;
  readonly count: number;
}

type Frame = readonly [stored: number, raw: number, checksum: number];

function write(frames: readonly Frame[]): Written {
  const table = new SeekTable();
  table.append(headerBytes, 0, emptyChecksum);
  for (const frame of frames) table.append(...frame);
  table.append(trailerBytes, 0, emptyChecksum);
  const at = frames.reduce((sum, [stored]) => sum + stored, headerBytes + trailerBytes);
  return { at, bytes: Buffer.concat([...table.encode()]), count: frames.length + 2 };
}

function sourceOf({ at, bytes }: Written): Source {
  return {
    name: 's.zst',
    bytes: at + bytes.length,
    seekable: true,
    descriptor: undefined,
    read: async (target, position) =>
      bytes.copy(target, 0, position - at, position - at + target.length),
    close: async () => undefined,
  };
}

function read(written: Written): Promise<StoredSeekTable> {
  const { at, count } = written;
  const sizes = { headerBytes, trailerBytes, frameSize };
  return StoredSeekTable.read({ source: sourceOf(written), at, count, ...sizes });
}

function frames(count: number): Frame[] {
  return Array.from({ length: count }, (_, index) => [100 + (index % 7), 1 + (index % 999), index]);
}

async function all(table: StoredSeekTable): Promise<SeekTableEntry[]> {
  const entries: SeekTableEntry[] = [];
  for await (const entry of table.entries()) entries.push(entry);
  return entries;
}

describe('a stored seek table', () => {
  // With the header's entry and the trailer's.
  for (const count of [0, 1, blockEntries - 2, blockEntries - 1, blockEntries, 40_000])
    it(`of ${count} frames comes back, and each frame is found by its raw bytes`, async () => {
      const listed = frames(count);
      const table = await read(write(listed));
      const entries = await all(table);
      assert.deepEqual([table.frames, entries.length], [count, count]);
      let [offset, rawOffset] = [headerBytes, 0];
      for (const [index, [stored, raw, checksum]] of listed.entries()) {
        const numbers = { number: index + 1, offset, rawOffset, checksum };
        const entry = { ...numbers, compressedBytes: stored, rawBytes: raw };
        assert.deepEqual(entries[index], entry);
        if (index % 4001 === 0 || index === count - 1 || index % blockEntries > blockEntries - 4)
          for (const at of [rawOffset, rawOffset + raw - 1])
            assert.deepEqual(await table.find(at), entry);
        offset += stored;
        rawOffset += raw;
      }
      assert.equal(await table.find(rawOffset), undefined);
      assert.deepEqual([table.rawBytes, table.compressedBytes], [rawOffset, offset - headerBytes]);
    });

  for (const [what, frame, words] of [
    ['more raw bytes than a frame has', [100, frameSize + 1, 0], /a frame of 1001 raw bytes/],
    ['no raw bytes', [100, 0, 0], /a frame of 0 raw bytes/],
    [
      'more stored bytes than compression can make',
      [1 + compressBound(frameSize), 1, 0],
      /stored bytes/,
    ],
    ['fewer stored bytes than a frame has', [8, 1, 0], /a frame of 8 stored bytes/],
    ['4 GiB', [0xffff_ffff, 1, 0], /a frame of 4294967295 stored bytes/],
  ] as const)
    it(`with ${what} in an entry is refused, and read no further`, async () => {
      for (const at of [0, 5, 20_000]) {
        const listed = frames(20_001);
        listed[at] = [...frame];
        await assert.rejects(read(write(listed)), damage(words));
      }
    });

  it('damaged in any byte of head, sizes or footer is refused', async () => {
    const written = write(frames(3));
    const { bytes } = written;
    for (let at = 0; at < bytes.length; at += 1) {
      const inEntries = at >= 8 && at < bytes.length - 9;
      const inChecksum = inEntries && (at - 8) % 12 >= 8;
      const inRawSize = inEntries && (at - 8) % 12 >= 4;
      if (inChecksum || inRawSize) continue;
      const broken = Buffer.from(bytes);
      broken[at] = (broken[at] ?? 0) ^ 0x41;
      await assert.rejects(
        read({ ...written, bytes: broken }),
        damage(/ is damaged: /),
        `byte ${at}`,
      );
    }
    await assert.rejects(
      read({ ...written, at: written.at + 1 }),
      damage(/describes 1003 bytes of 1004/),
    );
  });

  it('whose first and last entry are not header and trailer is refused, though the sum is right', async () => {
    for (const [entry, other] of [
      [0, 1],
      [4, 3],
    ] as const) {
      const written = write(frames(3));
      for (const [index, change] of [
        [entry, 1],
        [other, -1],
      ] as const) {
        const at = 8 + index * 12;
        written.bytes.writeUInt32LE(written.bytes.readUInt32LE(at) + change, at);
      }
      await assert.rejects(read(written), damage(/does not begin with its header and end with/));
    }
  });

  it('that lists more than the file holds is read no further than that', async () => {
    const written = write(frames(3 * blockEntries));
    const at = 1000;
    const source = sourceOf({ ...written, at });
    let bytesRead = 0;
    const counting: Source = {
      ...source,
      read: (target, position) => {
        bytesRead += target.length;
        return source.read(target, position);
      },
    };
    const sizes = { count: written.count, headerBytes, trailerBytes, frameSize };
    const place = { source: counting, at, ...sizes };
    await assert.rejects(StoredSeekTable.read(place), damage(/describes \d+ bytes of 1000/));
    assert.ok(bytesRead < 2 * blockEntries * 12, `${bytesRead}`);
  });

  it('that counts its header or trailer as data is refused', async () => {
    for (const entry of [0, 4])
      for (const at of [4, 8]) {
        const written = write(frames(3));
        written.bytes.writeUInt32LE(1, 8 + entry * 12 + at);
        await assert.rejects(read(written), damage(/counts its header or trailer as data/));
      }
  });
});
