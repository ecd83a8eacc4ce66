// The files that cost readers most, by name. Made when asked for: most are holes.

import { compress } from 'zstd-napi';
import { GiB, KiB, MiB } from '../../src/base/byte-size.ts';
import { encodeSkippableHead } from '../../src/zstd/skippable-frame.ts';
import { hostileArchive } from './hostile-archive.ts';
import { type FrameClaims, frameHead, rawBlock, repeatBlock } from './hostile-frames.ts';
import {
  claimedFilemarks,
  configuredSet,
  longStreams,
  repeatedArchive,
  shortRecords,
  tinyRecords,
  tinySets,
} from './hostile-streams.ts';
import { type SparseFile, SparseFileBuilder, solidFile } from './sparse-file.ts';

const u32Max = 0xffff_ffff;
const blockBytes = 128 * KiB;

/** A frame with no end: what follows its head reads as empty blocks, three bytes each. */
function endlessFrame(
  claims: FrameClaims,
  holeBytes: number,
  front: readonly Uint8Array[] = [],
): SparseFile {
  return new SparseFileBuilder()
    .add(...front, frameHead(claims))
    .hole(holeBytes)
    .end();
}

/** A frame of raw blocks that hold zeros: as long as what it compresses. */
function rawFrame(bytes: number): { stored: number; raw: number; bytes: Uint8Array } {
  const head = frameHead({ contentSize: BigInt(bytes), windowLog: 27 });
  const count = bytes / blockBytes;
  const one = rawBlock(Buffer.alloc(blockBytes), false);
  const blocks = Array.from({ length: count }, (_, index) =>
    index === count - 1 ? rawBlock(Buffer.alloc(blockBytes), true) : one,
  );
  const frame = Buffer.concat([head, ...blocks]);
  return { stored: frame.length, raw: bytes, bytes: frame };
}

function archiveHead(): Uint8Array {
  return hostileArchive({}).parts[0]?.bytes ?? new Uint8Array(0);
}

function skippable(contentBytes: number): Uint8Array {
  return encodeSkippableHead({ magic: 0x184d2a51, contentBytes });
}

/** Archives and zstd files. */
const archives = {
  'a frame of 3.75 GiB in the seek table': () =>
    hostileArchive({ frames: [{ stored: 3.75 * GiB, raw: 4 * MiB }] }),
  'a frame of 1.75 GiB in the seek table': () =>
    hostileArchive({ frames: [{ stored: 1.75 * GiB, raw: 4 * MiB }] }),
  'a seek table of 2^27 entries': () =>
    hostileArchive({
      frames: [{ stored: 1.5 * GiB, raw: 4 * MiB }],
      holeEntries: 2 ** 27 - 3,
    }),
  'an unfinished archive that ends in 16 GiB of empty blocks': () =>
    endlessFrame({ contentSize: 4n << 20n }, 16 * GiB, [archiveHead()]),
  'a zstd stream of 256 MiB of empty blocks': () => endlessFrame({ windowLog: 20 }, 256 * MiB),
  'skippable frames of 4 GiB': () =>
    new SparseFileBuilder()
      .add(skippable(u32Max))
      .hole(u32Max)
      .add(skippable(u32Max))
      .hole(u32Max)
      .add(compress(Buffer.from('TAPE')))
      .end(),
  'frames of 128 MiB': () =>
    hostileArchive({
      header: { frameSize: 128 * MiB },
      frames: [rawFrame(128 * MiB), rawFrame(128 * MiB)],
    }),
  'a window of 2 GiB': () =>
    solidFile(frameHead({ windowLog: 31 }), repeatBlock(blockBytes, false), repeatBlock(1, true)),
  'a frame of 2^53 bytes': () =>
    solidFile(frameHead({ contentSize: 2n ** 53n, windowLog: 41 }), repeatBlock(1, true)),
  'a frame with a dictionary': () =>
    solidFile(frameHead({ contentSize: 131072n, dictionaryId: 7 }), repeatBlock(blockBytes, true)),
  'a header of names of 60 KiB': () =>
    hostileArchive({ header: { database: 'n'.repeat(30_000), setId: 's'.repeat(30_000) } }),
  'a trailer of 1 MiB of nested arrays': () =>
    hostileArchive({ trailerText: `{"vdibackup":1,"messages":${'['.repeat(1_000_000)}` }),
  'a trailer of 20000 messages': () =>
    hostileArchive({
      trailer: {
        messages: Array.from({ length: 20_000 }, () => ({ number: 1, severity: 1, text: '' })),
      },
    }),
  'frames of one byte, 300000': () => {
    const one = compress(Buffer.from('T'), { checksumFlag: true });
    const bytes = {
      stored: one.length,
      raw: 1,
      checksum: one.readUInt32LE(one.length - 4),
      bytes: one,
    };
    return hostileArchive({
      header: { frameSize: 1 },
      frames: Array.from({ length: 300_000 }, () => bytes),
    });
  },
} satisfies Readonly<Record<string, () => SparseFile>>;

/** Backup streams, most of them in an archive. */
const streams = {
  'a media header of 20000 streams of 1 MiB': () => longStreams('RAID', 20_000, MiB),
  'a media header of 60000 streams of nothing': () => longStreams('QQQQ', 60_000, 0),
  'configurations of file records of 8 bytes': () => {
    const [media, set] = configuredSet(shortRecords('SFIN', MiB));
    return repeatedArchive(media, set, 40);
  },
  'configurations of filegroup records of 20 bytes': () => {
    const [media, set] = configuredSet(shortRecords('SFGI', MiB, 20));
    return repeatedArchive(media, set, 40);
  },
  'configurations of file records of 258 bytes that contradict each other': () => {
    const [media, set] = configuredSet(shortRecords('SFIN', MiB, 258), contradicting());
    return repeatedArchive(media, set, 40);
  },
  'backup sets of 110 bytes, 1 million': () => {
    const [media, sets] = tinySets();
    return repeatedArchive(media, sets, 32);
  },
  '512 compressed sets of records of 512 bytes': () => solidFile(tinyRecords(512)),
  'a compressed backup that claims 4294967294 filemarks': () =>
    solidFile(claimedFilemarks(u32Max - 1)),
} satisfies Readonly<Record<string, () => SparseFile>>;

export const hostileFiles = { ...archives, ...streams };

/** As `shortRecords`, every field another one. */
function contradicting(): Buffer {
  const records = shortRecords('SFIN', MiB, 258);
  for (let at = 0; at < records.length; at += 258) records.fill(0x55, at + 8, at + 258);
  return records;
}

export type HostileName = keyof typeof hostileFiles;
export const hostileArchives = Object.keys(archives) as HostileName[];
export const hostileStreams = Object.keys(streams) as HostileName[];
export const hostileNames = [...hostileArchives, ...hostileStreams];
