// Backup streams (MTF and MSSQLBAK) that are made to cost whoever reads them more than they cost their maker.

import { compress } from 'zstd-napi';
import { KiB, MiB } from '../../src/base/byte-size.ts';
import { containerOf, record } from '../fuzz/container-sample.ts';
import { mediaHeader, setEnd, setStart } from '../fuzz/stream-sample.ts';
import { block, sampleBlocks } from '../unit/mtf/sample.ts';
import { type HostileArchive, hostileArchive } from './hostile-archive.ts';
import { type SparseFile, SparseFileBuilder } from './sparse-file.ts';

const streamHeadBytes = 22;
const streamAlignment = 4;

/** A media header with `count` streams of that name, each a hole of `bytes`. */
export function longStreams(id: string, count: number, bytes: number): SparseFile {
  const file = new SparseFileBuilder();
  const empty = block('TAPE', new Uint8Array(42), [[id, new Uint8Array(0)]], streamAlignment);
  const bodyBytes = empty.readUInt16LE(8);
  const head = Buffer.from(empty.subarray(bodyBytes, bodyBytes + streamHeadBytes));
  head.writeBigUInt64LE(BigInt(bytes), 8);
  sealStream(head);
  file.add(empty.subarray(0, bodyBytes));
  for (let index = 0; index < count; index += 1) {
    file.add(head).hole(bytes);
    file.hole((streamAlignment - (file.bytes % streamAlignment)) % streamAlignment);
  }
  return file.end();
}

function sealStream(head: Buffer): void {
  let sum = 0;
  for (let word = 0; word < 20; word += 2) sum ^= head.readUInt16LE(word);
  head.writeUInt16LE(sum, 20);
}

/** Records of a configuration that are as short as their head: `bytes` of them. */
export function shortRecords(tag: string, bytes: number, recordBytes = 8): Buffer {
  const one = Buffer.alloc(recordBytes);
  one.write(tag, 'latin1');
  one.writeUInt32LE(recordBytes, 4);
  return Buffer.alloc(bytes - (bytes % recordBytes), one);
}

/** A media header and one set with that configuration at both its ends. */
export function configuredSet(first: Uint8Array, last: Uint8Array = first): [Buffer, Buffer] {
  const [start, volume] = setStart('Sales');
  const config = (type: string, data: Uint8Array) =>
    block(type, new Uint8Array(4), [['MQCI', data]]);
  const set = [start as Buffer, volume as Buffer, config('MSCI', first), config('MSLS', last)];
  return [mediaHeader(), Buffer.concat([...set, block('ESET', new Uint8Array(36))])];
}

/** An archive of `piece`, `times` over, in frames that are all the same; `first` stands in front. */
export function repeatedArchive(
  first: Uint8Array,
  piece: Uint8Array,
  times: number,
  claims: HostileArchive = {},
): SparseFile {
  const frameOf = (raw: Uint8Array) => {
    const bytes = compress(raw, { checksumFlag: true, contentSizeFlag: true });
    return {
      stored: bytes.length,
      raw: raw.length,
      checksum: bytes.readUInt32LE(bytes.length - 4),
      bytes,
    };
  };
  const repeated = frameOf(piece);
  const frames = [frameOf(first), ...Array.from({ length: times }, () => repeated)];
  return hostileArchive({ ...claims, frames });
}

/** Sets as short as can be, 4 MiB of them. */
export function tinySets(): [Buffer, Buffer] {
  const [media] = sampleBlocks();
  const set = block('SSET', Buffer.alloc(80), [], streamAlignment);
  return [media as Buffer, Buffer.alloc(4 * MiB - ((4 * MiB) % set.length), set)];
}

/** Sets in whose heads and tails are many records that decompress to next to nothing. */
export function tinyRecords(sets: number): Buffer {
  const one = record(Buffer.alloc(512));
  const junk = Buffer.alloc(250 * KiB - ((250 * KiB) % one.length), one);
  return containerOf(
    Array.from({ length: sets }, (_, index) => `Sales${index}`),
    junk,
  );
}

/** A container whose last filemark claims to follow `count` others. */
export function claimedFilemarks(count: number): Buffer {
  const bytes = containerOf(['Sales']);
  const mark = bytes.length - 512;
  bytes.writeUInt32LE(count, mark + 56);
  return bytes;
}

export { setEnd };
