// Archives made of given raw bytes, without a server: the product's own writer around the stock compressor.

import { open } from 'node:fs/promises';
import zstd from 'zstd-napi/binding.js';
import type { ArchiveHeader } from '../../src/archive/header.ts';
import { ArchiveWriter } from '../../src/archive/writer/archive-writer.ts';
import { MiB } from '../../src/base/byte-size.ts';
import { MtfWalker } from '../../src/mtf/walker.ts';
import type { Sink } from '../../src/storage/sink.ts';

export interface ArchiveOptions {
  readonly header?: Partial<ArchiveHeader>;
  readonly frameSize?: number;
  readonly level?: number;
  /** Without the word that SQL Server reported success. */
  readonly sealed?: boolean;
}

export const archiveHeader: ArchiveHeader = {
  setId: '0F8FAD5B-D9CB-469F-A165-70867728950E',
  stripe: 1,
  stripes: 1,
  database: 'Sales',
  server: 'DB1',
  type: 'copy',
  blockSize: 65536,
  transferSize: 4194304,
  frameSize: 4 * MiB,
  compression: { algorithm: 'zstd', level: 3 },
  toolVersion: '0.1.0',
  started: '2026-01-02T03:04:05.000Z',
};

/** Writes `path`, an archive of the pieces' bytes. */
export async function writeArchive(
  path: string,
  raw: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { header = {}, frameSize = 4 * MiB, level = 3, sealed = false }: ArchiveOptions = {},
): Promise<void> {
  const sink = await fileSink(path);
  const writer = new ArchiveWriter(sink);
  const walker = new MtfWalker();
  await writer.begin({ ...archiveHeader, frameSize, ...header });
  const context = new zstd.CCtx();
  context.setParameter(zstd.CParameter.compressionLevel, level);
  context.setParameter(zstd.CParameter.checksumFlag, 1);
  const frame = new Uint8Array(zstd.compressBound(frameSize));
  for await (const bytes of raw) {
    walker.push(bytes);
    for (let at = 0; at < bytes.length; at += frameSize) {
      const piece = bytes.subarray(at, at + frameSize);
      const length = context.compress2(frame, piece);
      await writer.appendFrame(frame.subarray(0, length), piece.length);
    }
  }
  const mtf = walker.end();
  const facts = {
    finished: '2026-01-02T03:09:05.000Z',
    messages: [
      { number: 3014, severity: 0, text: 'BACKUP DATABASE successfully processed 1 pages.' },
    ],
    ...(mtf && { mtf }),
  };
  if (!sealed) await writer.finish(facts);
  else {
    await writer.seal(facts);
    await sink.close();
  }
}

async function fileSink(path: string): Promise<Sink> {
  const file = await open(path, 'w');
  return {
    name: path,
    rewritable: true,
    write: async (bytes, position) => {
      await file.write(bytes, 0, bytes.length, position);
    },
    sync: async () => undefined,
    close: () => file.close(),
    discard: async () => true,
  };
}
