// The end of an archive that is read from its start, once its frames are behind: trailer, seek table, nothing more.

import { within } from '../../base/deadline.ts';
import { Failure } from '../../base/errors.ts';
import { damaged } from '../../storage/io-failure.ts';
import { readExactly, readSome, type Source } from '../../storage/source.ts';
import type { SkippedFrame } from '../../zstd/frame-walker.ts';
import { seekTableBytes } from '../seek-table.ts';
import { type ArchiveTrailer, decodeArchiveTrailer, maxTrailerFrameBytes } from '../trailer.ts';
import { checkTotals, checkTrailer } from './archive-reader.ts';
import { formBytes, recogniseForm } from './backup-form.ts';
import type { StoredArchive } from './stored-archive.ts';
import { StoredSeekTable } from './stored-seek-table.ts';

/** How long a pipe may take to say that nothing follows, ms. A writer that forgets to close it has said all the same. */
const closingMs = 1000;

/** What was read of the archive. */
interface Found {
  /** zstd frames. */
  readonly frames: number;
  readonly rawBytes: number;
}

/**
 * What stands at the end of what comes through a pipe must be what was read, and no other backup may follow: it would go
 * unnoticed. `frame` is the skippable frame behind the zstd frames, undefined when the file ends instead. Failure
 * `integrity`.
 */
export async function checkEnd(
  { source, header, framesAt }: StoredArchive,
  frame: SkippedFrame | undefined,
  found: Found,
): Promise<void> {
  const { name } = source;
  const { trailer, end: at } = await readTrailer(source, frame, found);
  // Of the length that was read, header and trailer included.
  const count = found.frames + 2;
  checkTrailer(trailer, header, count, name);
  const [trailerBytes, { frameSize }] = [frame?.bytes ?? 0, header];
  const place = { source, at, count, headerBytes: framesAt, trailerBytes, frameSize };
  checkTotals({ trailer, table: await StoredSeekTable.read(place) }, name);
  await refuseMore(source, at + seekTableBytes(count));
}

/** The trailer, if it says what was found, and the offset where it ends. Failure `integrity`. */
export async function readTrailer(
  source: Source,
  frame: SkippedFrame | undefined,
  found: Found,
): Promise<{ readonly trailer: ArchiveTrailer; readonly end: number }> {
  const { name } = source;
  if (!frame) throw withoutTrailer(name, found);
  if (frame.bytes > maxTrailerFrameBytes) throw damaged(name, 'its trailer is too long');
  const trailer = decodeArchiveTrailer(await readExactly(source, frame.offset, frame.bytes), name);
  if (trailer.frames === found.frames && trailer.rawBytes === found.rawBytes)
    return { trailer, end: frame.offset + frame.bytes };
  const said = `${trailer.frames} frames of ${trailer.rawBytes} bytes`;
  throw damaged(
    name,
    `its trailer says ${said}, but it holds ${found.frames} of ${found.rawBytes}`,
  );
}

function withoutTrailer(name: string, { frames, rawBytes }: Found): Failure {
  const holds = `${frames} whole frames (${rawBytes} bytes)`;
  return new Failure('unfinished', `${name} ends without a trailer after ${holds}`, {
    hints: ['the backup that wrote it did not end well, or it was cut short on its way'],
  });
}

async function refuseMore(source: Source, end: number): Promise<void> {
  const more = await within(readSome(source, end, formBytes), closingMs, { ref: false });
  // Anything else is what pipes and tapes add: line ends, zeros.
  if (!more || recogniseForm(more) === undefined) return;
  const message = `${source.name} goes on with another backup behind its archive, which ends at byte ${end}`;
  throw new Failure('archive-goes-on', message, {
    offset: end,
    hints: ['pipe one archive only; the files of a chain or of a stripe set are named one by one'],
  });
}
