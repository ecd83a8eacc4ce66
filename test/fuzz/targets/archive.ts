// The archive reader: both ends, every frame the seek table lists, and the same archive read onwards as from a pipe.

import assert from 'node:assert/strict';
import zstd from 'zstd-napi/binding.js';
import { checkEnd } from '../../../src/archive/reader/archive-end.ts';
import { finishedArchive, openSource } from '../../../src/archive/reader/archive-reader.ts';
import { checkFrame } from '../../../src/archive/reader/frame-check.ts';
import type { FinishedArchive, StoredArchive } from '../../../src/archive/reader/stored-archive.ts';
import { MiB } from '../../../src/base/byte-size.ts';
import { describeBackup, describeRaw } from '../../../src/job/sets/backup-description.ts';
import { rawBytesOf } from '../../../src/mtf/raw-bytes.ts';
import { rawBytesOfBackup } from '../../../src/pipeline/decompress/raw-bytes.ts';
import { FrameWalker } from '../../../src/zstd/frame-walker.ts';
import { ByteSource } from '../byte-source.ts';
import { unlessRefused, unlessRejected } from '../judge.ts';

/** Raw bytes of archives that are read twice: more is the business of zstd. */
const maxRawBytes = 4 * MiB;
const context = new zstd.DCtx();

export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Uint8Array.from(data);
  const backup = await unlessRejected('integrity', () => openSource(new ByteSource(bytes, true)));
  if (!backup) return;
  await describeBackup(backup, 1);
  if (backup.form !== 'archive') return;
  const archive = await unlessRejected('integrity', () => finishedArchive(backup));
  if (!archive || archive.ends.trailer.rawBytes > maxRawBytes) return;
  const raw = await rawByTable(archive, bytes);
  if (raw) await assertSameOnwards(archive, bytes, raw);
}

/** The raw stream, if every frame that the seek table lists is good: what verify calls a good archive. */
async function rawByTable(
  { ends }: FinishedArchive,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  for await (const { compressedBytes, ...entry } of ends.table.entries()) {
    const { offset, rawBytes } = entry;
    const frame = bytes.subarray(offset, offset + compressedBytes);
    const planned = { ...entry, bytes: compressedBytes };
    const checked = unlessRefused('integrity', () => {
      checkFrame(frame, planned, 'fuzzed');
      return true;
    });
    const raw = checked && decompressed(frame, rawBytes);
    if (!raw) return undefined;
    parts.push(raw);
  }
  return Buffer.concat(parts);
}

function decompressed(frame: Uint8Array, rawBytes: number): Uint8Array | undefined {
  const raw = new Uint8Array(rawBytes);
  try {
    return context.decompress(raw, frame) === rawBytes ? raw : undefined;
  } catch {
    return undefined;
  }
}

/** An archive that is good by its table is good, and the same, when it comes through a pipe. */
async function assertSameOnwards(
  archive: FinishedArchive,
  bytes: Uint8Array,
  raw: Uint8Array,
): Promise<void> {
  const onwards = await openSource(new ByteSource(bytes, false));
  assert.equal(onwards.form, 'archive');
  assert.deepEqual(await rawOnwards(onwards as StoredArchive), raw);
  const fromEnds = await describeRaw(rawBytesOfBackup(archive));
  assert.deepEqual(fromEnds, await describeRaw(rawBytesOf(raw)));
}

async function rawOnwards(archive: StoredArchive): Promise<Uint8Array> {
  const { source, header, framesAt } = archive;
  const walker = new FrameWalker(source, Number.MAX_SAFE_INTEGER, header.frameSize);
  const parts: Uint8Array[] = [];
  for (let offset = framesAt; ; ) {
    const frame = await walker.at(offset);
    if (frame?.kind !== 'data') {
      const raw = Buffer.concat(parts);
      const skipped = frame?.kind === 'skippable' ? frame : undefined;
      await checkEnd(archive, skipped, { frames: parts.length, rawBytes: raw.length });
      return raw;
    }
    const stored = new Uint8Array(frame.bytes);
    await source.read(stored, offset);
    const part = decompressed(stored, frame.rawBytes ?? 0);
    assert.ok(part, `frame ${parts.length + 1} at byte ${offset} cannot be read onwards`);
    parts.push(part);
    offset += frame.bytes;
  }
}
