// The end of an archive that is read from its start, once its frames are behind: trailer, seek table, nothing more.

import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../errors.js';
import { damaged } from '../../storage/io-failure.js';
import { readExactly, readSome, type Source } from '../../storage/source.js';
import type { SkippedFrame } from '../../zstd/frame-walker.js';
import { decodeSkippableHead, skippableHeadBytes } from '../../zstd/skippable-frame.js';
import { decodeSeekTable, type SeekTable, seekTableBytes } from '../seek-table.js';
import { type ArchiveTrailer, decodeArchiveTrailer, maxTrailerFrameBytes } from '../trailer.js';
import { checkTable, checkTotals, type StoredArchive } from './archive-reader.js';
import { formBytes, recogniseForm } from './backup-form.js';

/** How long a pipe may take to say that nothing follows, ms. A writer that forgets to close it has said all the same. */
const closingMs = 1000;

/** What was read of the archive. */
export interface Found {
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
  const { trailer, end: tableAt } = await readTrailer(source, frame, found);
  const table = await readTable(source, tableAt, found);
  checkTable(table, framesAt, name);
  checkTotals({ trailer, table }, header, name);
  await refuseMore(source, tableAt + seekTableBytes(table.count));
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
  return new Failure('integrity', 'unfinished', `${name} ends without a trailer after ${holds}`, {
    hints: ['the backup that wrote it did not end well, or it was cut short on its way'],
  });
}

/** Of the length that was read, header and trailer included, before anything is allocated. */
async function readTable(source: Source, offset: number, found: Found): Promise<SeekTable> {
  const { name } = source;
  const bytes = seekTableBytes(found.frames + 2);
  const head = decodeSkippableHead(await readExactly(source, offset, skippableHeadBytes), name);
  if (head.contentBytes !== bytes - skippableHeadBytes)
    throw damaged(name, `the seek table at byte ${offset} is not that of ${found.frames} frames`);
  return decodeSeekTable(await readExactly(source, offset, bytes), offset + bytes, name);
}

async function refuseMore(source: Source, end: number): Promise<void> {
  const late = sleep(closingMs, new Uint8Array(0), { ref: false });
  const more = await Promise.race([readSome(source, end, formBytes), late]);
  // Anything else is what pipes and tapes add: line ends, zeros.
  if (recogniseForm(more) === undefined) return;
  const message = `${source.name} goes on with another backup behind its archive, which ends at byte ${end}`;
  throw new Failure('integrity', 'archive-goes-on', message, {
    hints: ['pipe one archive only; the files of a chain or of a stripe set are named one by one'],
  });
}
