// The end of an archive that can only be read onwards, once its frames are behind: trailer, seek table, nothing more.

import { Failure } from '../errors.ts';
import type { StoredArchive } from './archive-reader.ts';
import { decodeArchiveTrailer, maxTrailerFrameBytes } from './archive-trailer.ts';
import type { SkippedFrame } from './frame-walker.ts';
import { damaged } from './io-failure.ts';
import { decodeSkippableHead, seekTableFrameMagic, skippableHeadBytes } from './skippable-frame.ts';
import { readExactly, readSome, type Source } from './source.ts';

/** What was read of the archive. */
export interface Found {
  readonly frames: number;
  readonly rawBytes: number;
}

/**
 * What stands at the end must be what was read, and all there is: behind it another archive would go unnoticed.
 * `frame` is the skippable frame behind the zstd frames, undefined when the file ends instead. Failure `integrity`.
 */
export async function checkEnd(
  archive: StoredArchive,
  frame: SkippedFrame | undefined,
  found: Found,
): Promise<void> {
  if (!frame) throw withoutTrailer(archive.source.name, found);
  await checkTrailer(archive, frame, found);
  await checkSeekTable(archive.source, frame.offset + frame.bytes);
}

function withoutTrailer(name: string, { frames, rawBytes }: Found): Failure {
  const holds = `${frames} whole frames (${rawBytes} bytes)`;
  return new Failure('integrity', 'unfinished', `${name} ends without a trailer after ${holds}`, {
    hints: ['the backup that wrote it did not end well, or it was cut short on its way'],
  });
}

async function checkTrailer(
  { source, header }: StoredArchive,
  frame: SkippedFrame,
  found: Found,
): Promise<void> {
  const { name } = source;
  if (frame.bytes > maxTrailerFrameBytes) throw damaged(name, 'its trailer is too long');
  const trailer = decodeArchiveTrailer(await readExactly(source, frame.offset, frame.bytes), name);
  if (trailer.setId !== header.setId || trailer.stripe !== header.stripe)
    throw damaged(name, 'its trailer belongs to another archive');
  if (trailer.frames === found.frames && trailer.rawBytes === found.rawBytes) return;
  const said = `${trailer.frames} frames of ${trailer.rawBytes} bytes`;
  throw damaged(
    name,
    `its trailer says ${said}, but it holds ${found.frames} of ${found.rawBytes}`,
  );
}

/** Only its place: what it lists has been read. */
async function checkSeekTable(source: Source, offset: number): Promise<void> {
  const { name } = source;
  const { magic, contentBytes } = decodeSkippableHead(
    await readExactly(source, offset, skippableHeadBytes),
    name,
  );
  if (magic !== seekTableFrameMagic) throw damaged(name, `no seek table is at byte ${offset}`);
  const end = offset + skippableHeadBytes + contentBytes;
  const more = await readSome(source, end, 1);
  if (more.length > 0) throw goesOn(name, end);
  if (source.bytes < end) throw damaged(name, 'its seek table is cut short', 'truncated');
}

function goesOn(name: string, end: number): Failure {
  const message = `${name} goes on behind its archive, which ends at byte ${end}`;
  return new Failure('integrity', 'archive-goes-on', message, {
    hints: ['pipe one archive only; the files of a chain or of a stripe set are named one by one'],
  });
}
