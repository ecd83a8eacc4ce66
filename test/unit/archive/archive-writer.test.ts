import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { compress, decompress } from 'zstd-napi';
import { decodeArchiveHeader } from '../../../src/archive/header.ts';
import {
  type ArchiveTrailer,
  decodeArchiveTrailer,
  trailerFrameBytes,
} from '../../../src/archive/trailer.ts';
import { ArchiveWriter } from '../../../src/archive/writer/archive-writer.ts';
import { BareWriter } from '../../../src/archive/writer/bare-writer.ts';
import { Failure } from '../../../src/base/errors.ts';
import { frameChecksum } from '../../../src/zstd/frame-header.ts';
import { seekTableEntries } from '../../rig/seek-table.ts';
import { facts, frameOf, header, MemorySink, sample } from './rig.ts';

/** Reads an archive the way any reader of docs/archive-format.md would. */
function readArchive(bytes: Uint8Array): {
  raw: Uint8Array;
  trailer: ArchiveTrailer;
  frames: number;
} {
  const entries = seekTableEntries(bytes);
  const part = (index: number) => {
    const entry = entries.at(index);
    assert.ok(entry);
    return bytes.subarray(entry.offset, entry.offset + entry.compressedBytes);
  };
  assert.deepEqual(decodeArchiveHeader(part(0), 'a'), header);
  const data = entries.slice(1, -1).map((entry, index) => {
    const raw = decompress(part(index + 1));
    assert.equal(raw.length, entry.rawBytes);
    assert.equal(frameChecksum(part(index + 1)), entry.checksum);
    return raw;
  });
  const trailer = decodeArchiveTrailer(part(-1), 'a');
  return { raw: Buffer.concat(data), trailer, frames: data.length };
}

const parts = [sample(65536, 3), sample(1, 5), sample(40_000, 7)];
const frames = parts.map(frameOf);

async function write(writer: ArchiveWriter, from = 0, to = parts.length): Promise<void> {
  for (let index = from; index < to; index += 1) {
    await writer.appendFrame(frames[index] ?? new Uint8Array(), parts[index]?.length ?? 0);
  }
}

describe('archive writer', () => {
  it('makes an archive that reads back', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    await write(writer);
    const stored = await writer.finish(facts);
    const { raw, trailer } = readArchive(sink.bytes);
    assert.deepEqual(raw, Buffer.concat(parts));
    assert.equal(trailer.rawBytes, raw.length);
    assert.equal(trailer.frames, 3);
    assert.equal(
      trailer.compressedBytes,
      frames.reduce((sum, frame) => sum + frame.length, 0),
    );
    assert.equal(trailer.setId, header.setId);
    assert.equal(trailer.finished, facts.finished);
    assert.equal(stored.storedBytes, sink.bytes.length);
    assert.equal(stored.sha256, undefined);
    assert.deepEqual([sink.syncs, sink.closes], [1, 1]);
  });

  it('makes a stream the zstd program takes', {
    skip: spawnSync('zstd', ['-V']).error !== undefined,
  }, async () => {
    const sink = new MemorySink(false);
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    await write(writer);
    await writer.finish(facts);
    const run = spawnSync('zstd', ['-dc'], { input: sink.bytes, maxBuffer: 1 << 24 });
    assert.deepEqual(run.stdout, Buffer.concat(parts));
    assert.equal(run.status, 0);
  });

  it('of a stripe without data is whole', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    await writer.finish({ ...facts, messages: [] });
    assert.deepEqual(readArchive(sink.bytes).trailer.frames, 0);
  });

  it('is a whole, unconfirmed archive after every seal', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    for (let index = 0; index < parts.length; index += 1) {
      await write(writer, index, index + 1);
      await writer.seal(facts);
      assert.equal(sink.syncs, index + 1);
      const { raw, trailer } = readArchive(sink.bytes);
      assert.deepEqual(raw, Buffer.concat(parts.slice(0, index + 1)));
      assert.equal(trailer.finished, undefined);
    }
    await writer.finish(facts);
    assert.deepEqual(readArchive(sink.bytes).raw, Buffer.concat(parts));
  });

  it('finishes a sealed archive in place: only the trailer is written, no byte is added', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    await write(writer);
    await writer.seal({ messages: [] });
    const sealed = sink.bytes;
    sink.writes = [];
    const messages = Array.from({ length: 1000 }, () => facts.messages[0] ?? assert.fail());
    await writer.finish({ ...facts, messages });
    const end = frames.reduce((sum, frame) => sum + frame.length, sealed.length);
    assert.ok(end > 0);
    assert.equal(sink.writes.length, 1);
    assert.equal(sink.writes[0]?.length, trailerFrameBytes);
    assert.equal(sink.bytes.length, sealed.length);
    assert.equal(readArchive(sink.bytes).trailer.finished, facts.finished);
  });

  it('never writes before the end on a stream', async () => {
    const sink = new MemorySink(false);
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    await write(writer, 0, 1);
    await writer.seal(facts);
    await write(writer, 1);
    await writer.seal(facts);
    await writer.finish(facts);
    assert.deepEqual(readArchive(sink.bytes).raw, Buffer.concat(parts));
    assert.equal(sink.syncs, 3);
  });

  it('keeps the order of calls that are not awaited', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    const calls = [
      writer.begin(header),
      ...frames.map((frame, index) => writer.appendFrame(frame, parts[index]?.length ?? 0)),
      writer.seal(facts),
    ];
    await writer.finish(facts);
    await Promise.all(calls);
    assert.deepEqual(readArchive(sink.bytes).raw, Buffer.concat(parts));
  });

  for (const seals of [0, 1, 2]) {
    it(`hashes the file as it is in the end, after ${seals} seals`, async () => {
      const sink = new MemorySink();
      const writer = new ArchiveWriter(sink, { sha256: true });
      await writer.begin(header);
      await write(writer, 0, 1);
      if (seals > 1) await writer.seal(facts);
      await write(writer, 1);
      if (seals > 0) await writer.seal(facts);
      const { sha256 } = await writer.finish(facts);
      assert.equal(sha256, createHash('sha256').update(sink.bytes).digest('hex'));
    });
  }

  it('refuses everything after the first failure, with that failure', async () => {
    const sink = new MemorySink();
    const writer = new ArchiveWriter(sink);
    await writer.begin(header);
    const full = new Failure('disk-full', 'cannot write sales.bak.partial', { win32: 112 });
    sink.fail = full;
    const is = (error: unknown) => error === full;
    await assert.rejects(write(writer, 0, 1), is);
    sink.fail = undefined;
    await assert.rejects(write(writer, 1, 2), is);
    await assert.rejects(writer.seal(facts), is);
    await assert.rejects(writer.finish(facts), is);
    assert.equal(await writer.discard(), true);
    assert.equal(sink.discards, 1);
    assert.equal(sink.closes, 0);
  });

  it('calls what is out of order an internal error', async () => {
    const internal = /internal error/;
    await assert.rejects(write(new ArchiveWriter(new MemorySink()), 0, 1), internal);
    await assert.rejects(new ArchiveWriter(new MemorySink()).seal(facts), internal);
    const twice = new ArchiveWriter(new MemorySink());
    await twice.begin(header);
    await assert.rejects(twice.begin(header), internal);
    const sink = new MemorySink();
    const finished = new ArchiveWriter(sink);
    await finished.begin(header);
    await finished.finish(facts);
    await assert.rejects(finished.finish(facts), internal);
    await assert.rejects(finished.appendFrame(frames[0] ?? new Uint8Array(), 65536), internal);
    assert.equal(sink.closes, 1);
    const discarded = new ArchiveWriter(new MemorySink());
    await discarded.discard();
    await assert.rejects(discarded.begin(header), internal);
  });

  it('takes no frame that a reader could not check', async () => {
    const raw = sample(100);
    const wrong: [Uint8Array, number][] = [
      [frameOf(raw), 99],
      [compress(raw, { checksumFlag: false }), 100],
      [compress(raw, { checksumFlag: true, contentSizeFlag: false }), 100],
      [frameOf(sample(header.frameSize + 1)), header.frameSize + 1],
    ];
    for (const [frame, rawBytes] of wrong) {
      const writer = new ArchiveWriter(new MemorySink());
      await writer.begin(header);
      await assert.rejects(writer.appendFrame(frame, rawBytes), /internal error/);
    }
  });
});

describe('bare writer', () => {
  it('stores the stream and nothing else', async () => {
    const sink = new MemorySink();
    const writer = new BareWriter(sink, { sha256: true });
    await writer.begin(header);
    for (const part of parts) await writer.appendFrame(part, part.length);
    await writer.seal(facts);
    assert.equal(sink.syncs, 1);
    const { storedBytes, sha256 } = await writer.finish(facts);
    assert.deepEqual(sink.bytes, new Uint8Array(Buffer.concat(parts)));
    assert.equal(storedBytes, sink.bytes.length);
    assert.equal(sha256, createHash('sha256').update(sink.bytes).digest('hex'));
    assert.deepEqual([sink.syncs, sink.closes], [2, 1]);
    await assert.rejects(writer.finish(facts), /internal error/);
  });

  it('fails once and for all', async () => {
    const sink = new MemorySink();
    const writer = new BareWriter(sink);
    await writer.begin(header);
    sink.fail = new Error('first');
    await assert.rejects(writer.appendFrame(sample(1), 1), /first/);
    sink.fail = undefined;
    await assert.rejects(writer.finish(facts), /first/);
    await assert.rejects(new BareWriter(sink).appendFrame(sample(1), 1), /internal error/);
  });
});
