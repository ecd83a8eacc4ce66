// The seek table of a file that is as long as the table says. What is accepted is what was there, entry by entry.

import assert from 'node:assert/strict';
import {
  type SeekTableEntry,
  StoredSeekTable,
} from '../../../src/archive/reader/stored-seek-table.ts';
import {
  decodeSeekTableFooter,
  seekTableBytes,
  seekTableFooterBytes,
} from '../../../src/archive/seek-table.ts';
import type { Source } from '../../../src/storage/source.ts';
import { unlessRefused, unlessRejected } from '../judge.ts';

const [headBytes, entryBytes] = [8, 12];
/** As in the seed. */
const frameSize = 8192;

export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Buffer.from(data);
  const tail = bytes.subarray(Math.max(0, bytes.length - seekTableFooterBytes));
  const footer = unlessRefused('integrity', () =>
    decodeSeekTableFooter(tail, bytes.length, 'fuzzed'),
  );
  if (!footer || footer.entries < 2 || footer.tableBytes !== bytes.length) return;
  const count = footer.entries;
  const stored = (index: number) => bytes.readUInt32LE(headBytes + index * entryBytes);
  const at = Array.from({ length: count }, (_, index) => stored(index)).reduce((a, b) => a + b, 0);
  const [headerBytes, trailerBytes] = [stored(0), stored(count - 1)];
  const place = { source: behind(at, bytes), at, count, headerBytes, trailerBytes, frameSize };
  const table = await unlessRejected('integrity', () => StoredSeekTable.read(place));
  if (table) await assertRead(table, bytes, headerBytes);
}

async function assertRead(table: StoredSeekTable, bytes: Buffer, start: number): Promise<void> {
  let [offset, rawOffset, number] = [start, 0, 0];
  for await (const entry of table.entries()) {
    number += 1;
    const at = headBytes + number * entryBytes;
    const expected: SeekTableEntry = {
      ...{ number, offset, rawOffset },
      compressedBytes: bytes.readUInt32LE(at),
      rawBytes: bytes.readUInt32LE(at + 4),
      checksum: bytes.readUInt32LE(at + 8),
    };
    assert.deepEqual(entry, expected);
    assert.deepEqual(await table.find(rawOffset), expected);
    offset += entry.compressedBytes;
    rawOffset += entry.rawBytes;
    assert.deepEqual(await table.find(rawOffset - 1), expected);
  }
  assert.equal(seekTableBytes(number + 2), bytes.length);
  assert.deepEqual([table.frames, table.rawBytes], [number, rawOffset]);
  assert.equal(table.compressedBytes, offset - start);
  assert.equal(await table.find(rawOffset), undefined);
}

/** A file whose bytes from `at` on are `bytes`; nobody may read what stands before. */
function behind(at: number, bytes: Buffer): Source {
  return {
    name: 'fuzzed',
    bytes: at + bytes.length,
    seekable: true,
    descriptor: undefined,
    read: async (target, position) => {
      assert.ok(position >= at);
      return bytes.copy(target, 0, position - at, position - at + target.length);
    },
    close: async () => undefined,
  };
}
