// The form of a finished archive: its frames as the seek table lists them, and as many raw bytes as its trailer says.

import { ListedFrames } from '../../archive/reader/listed-frames.ts';
import type { FinishedArchive } from '../../archive/reader/stored-archive.ts';
import type { StoredSeekTable } from '../../archive/reader/stored-seek-table.ts';
import { KiB } from '../../base/byte-size.ts';
import { damaged } from '../../storage/io-failure.ts';
import { decodedStream } from './decoded-stream.ts';
import type { RawContext, RawWork } from './raw-work.ts';

/** More frames than this which on average hold less than that: nobody writes such an archive but to keep readers busy. */
const manyFrames = 10_000;
const crumbBytes = 4 * KiB;

export async function* listedWork(
  archive: FinishedArchive,
  context: RawContext,
): AsyncGenerator<RawWork> {
  const { header, source, ends } = archive;
  const isWhole = header.frameSize <= context.frameSize && !isCrumbled(ends.table);
  let rawBytes = 0;
  for await (const work of isWhole ? wholeFrames(archive, context) : longFrames(archive, context)) {
    rawBytes += work.kind === 'frame' ? work.frame.rawBytes : work.bytes;
    yield work;
  }
  if (context.stopped || ends.trailer.rawBytes === rawBytes) return;
  const said = `${rawBytes} raw bytes, its trailer says ${ends.trailer.rawBytes}`;
  throw damaged(source.name, `it holds ${said}`);
}

async function* wholeFrames({ ends }: FinishedArchive, context: RawContext) {
  for await (const { compressedBytes: bytes, ...entry } of ends.table.entries()) {
    context.count(entry.number);
    yield { kind: 'frame', frame: { ...entry, bytes } } as const;
  }
}

function longFrames(archive: FinishedArchive, context: RawContext): AsyncGenerator<RawWork> {
  const { source, framesAt, ends } = archive;
  const listed = new ListedFrames(archive);
  const end = framesAt + ends.trailer.compressedBytes;
  return decodedStream(source, [framesAt, end], context, async (position) => {
    await listed.upTo(position);
    context.count(listed.checked);
  });
}

/** One frame at a time, it would take a hundred times as long as in one stream. */
function isCrumbled({ frames, rawBytes }: StoredSeekTable): boolean {
  return frames > manyFrames && rawBytes / frames < crumbBytes;
}
