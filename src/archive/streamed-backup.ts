// A stored backup that can only be read onwards: its form and header are known at the start, whether it is whole
// only at its end (docs/archive-format.md, "Reading an archive").

import { decodeArchiveHeader, maxHeaderFrameBytes } from './archive-header.ts';
import type { StoredArchive, StoredBackup } from './archive-reader.ts';
import { notABackup, openSource } from './archive-reader.ts';
import { decodeArchiveTrailer, maxTrailerFrameBytes } from './archive-trailer.ts';
import { formBytes, recogniseForm } from './backup-form.ts';
import { damaged } from './io-failure.ts';
import { decodeSkippableHead, isSkippable, skippableHeadBytes } from './skippable-frame.ts';
import { readExactly, readSome, type Source } from './source.ts';
import { openStdin } from './stdin-source.ts';

/** Opens standard input: as a file where it is one. Failure `io`; Failure `integrity`: `not-a-backup`. */
export async function openStandardInput(descriptor: number): Promise<StoredBackup> {
  const source = await openStdin(descriptor);
  return 'passHead' in source ? openStream(source) : openSource(source);
}

/** As `openSource`, for a source without a reachable end: an archive never has `ends`. */
export async function openStream(source: Source): Promise<StoredBackup> {
  const form = recogniseForm(await readSome(source, 0, formBytes));
  if (form === undefined) throw notABackup(source);
  if (form !== 'archive') return { form, source };
  const head = await readExactly(source, 0, skippableHeadBytes);
  const framesAt = skippableHeadBytes + decodeSkippableHead(head, source.name).contentBytes;
  if (framesAt > maxHeaderFrameBytes) throw damaged(source.name, 'its header is too long');
  const header = decodeArchiveHeader(await readExactly(source, 0, framesAt), source.name);
  return { form, source, header, framesAt, ends: undefined, flaw: undefined };
}

/** What was read of the frames of an archive. */
export interface ReadFrames {
  /** Offset behind the last frame. */
  readonly end: number;
  readonly frames: number;
  readonly rawBytes: number;
}

/** Reads the trailer behind the frames. Failure `integrity` when it is missing or counts something else. */
export async function confirmStreamedEnd(archive: StoredArchive, read: ReadFrames): Promise<void> {
  const { source, header } = archive;
  const head = await readSome(source, read.end, skippableHeadBytes);
  if (head.length < skippableHeadBytes || !isSkippable(head))
    throw damaged(source.name, 'it ends without the trailer of a finished backup', 'unfinished');
  const bytes = skippableHeadBytes + decodeSkippableHead(head, source.name).contentBytes;
  if (bytes > maxTrailerFrameBytes) throw damaged(source.name, 'its trailer is too long');
  const frame = await readExactly(source, read.end, bytes);
  const trailer = decodeArchiveTrailer(frame, source.name);
  if (trailer.setId !== header.setId || trailer.stripe !== header.stripe)
    throw damaged(source.name, 'its trailer belongs to another archive');
  const said = [trailer.frames, trailer.rawBytes];
  const found = [read.frames, read.rawBytes];
  if (said.some((value, index) => value !== found[index]))
    throw damaged(
      source.name,
      `its trailer counts ${said.join(', ')}, it holds ${found.join(', ')}`,
    );
}
