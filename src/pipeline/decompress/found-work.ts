// The form of frames that no seek table lists: other programs' files, and archives read from their start. Frames are taken
// as they are found; from the first that is too long or too short to be taken whole, the rest is one stream.

import { checkEnd, readTrailer } from '../../archive/reader/archive-end.ts';
import { refuseStray } from '../../archive/reader/frame-check.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { KiB } from '../../base/byte-size.ts';
import { damaged } from '../../storage/io-failure.ts';
import { type DataFrame, FrameWalker, type WalkedFrame } from '../../zstd/frame-walker.ts';
import { decodedStream } from './decoded-stream.ts';
import type { RawContext, RawWork } from './raw-work.ts';

/** Smaller than this, frames of other programs cost more one by one than as a stream. */
const tinyFrameBytes = 64 * KiB;

interface Found {
  frames: number;
  rawBytes: number;
}

export async function* foundWork(
  backup: StoredBackup,
  context: RawContext,
): AsyncGenerator<RawWork> {
  const { source } = backup;
  // Also one whose header cannot be read.
  const isArchive = backup.form === 'archive' || backup.framesAt !== undefined;
  const walker = new FrameWalker(source, context.slotCapacity, context.frameSize);
  const found: Found = { frames: 0, rawBytes: 0 };
  // Skippable frames give nothing to do, so the reader could not end this by itself.
  for (let offset = backup.framesAt ?? 0; !context.stopped; ) {
    const frame = await walker.at(offset);
    if (isArchive && frame?.kind !== 'data') return archiveEnds(backup, frame, found);
    if (!frame) return;
    if (frame.kind === 'skippable') refuseStray(frame, source.name);
    else if (frame.kind === 'large' || (!isArchive && isTiny(frame)))
      return yield* decodedStream(source, [offset, source.bytes], context);
    else {
      const { rawBytes = 0 } = frame;
      found.frames += 1;
      found.rawBytes += rawBytes;
      context.count(found.frames);
      yield { kind: 'frame', frame: { ...frame, number: found.frames, rawBytes } };
    }
    offset += frame.bytes;
  }
}

function isTiny({ rawBytes = 0 }: DataFrame): boolean {
  return rawBytes < tinyFrameBytes;
}

/** What follows the frames of an archive that is read from its start. */
async function archiveEnds(
  backup: StoredBackup,
  frame: WalkedFrame | undefined,
  found: Readonly<Found>,
): Promise<void> {
  const { source } = backup;
  if (frame?.kind === 'large') {
    const what = `the frame at byte ${frame.offset} is too long to be read from its start`;
    throw damaged(source.name, what, { offset: frame.offset });
  }
  const skipped = frame?.kind === 'skippable' ? frame : undefined;
  if (backup.form !== 'archive') await readTrailer(source, skipped, found);
  // Of a file the ends are read first, and whoever opened it knows what is wrong with them.
  else if (!source.seekable) await checkEnd(backup, skipped, found);
}
