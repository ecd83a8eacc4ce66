// Opens a stored backup: recognises its form and, of an archive, reads both ends and checks them against
// each other (docs/archive-format.md, "Reading an archive"). Not here: decompression.
import { Failure } from '../../base/errors.ts';
import { FileSource } from '../../storage/file/file-source.ts';
import { damaged } from '../../storage/io-failure.ts';
import { readExactly, readSome, type Source } from '../../storage/source.ts';
import { minFrameBytes, zstdFrameMagic } from '../../zstd/frame-header.ts';
import {
  decodeSkippableHead,
  isSkippable,
  skippableHeadBytes,
} from '../../zstd/skippable-frame.ts';
import { type ArchiveHeader, decodeArchiveHeader, maxHeaderFrameBytes } from '../header.ts';
import { decodeSeekTableFooter, seekTableEntryBytes, seekTableFooterBytes } from '../seek-table.ts';
import { type ArchiveTrailer, decodeArchiveTrailer, maxTrailerFrameBytes } from '../trailer.ts';
import { formBytes, recogniseForm } from './backup-form.ts';
import { refuseOurs } from './frame-check.ts';
import { otherFile, otherFileBytes } from './other-file.ts';
import type {
  ArchiveEnds,
  FinishedArchive,
  StoredArchive,
  StoredBackup,
} from './stored-archive.ts';
import { lastFrameBytes, StoredSeekTable } from './stored-seek-table.ts';
import { unfinished } from './unfinished-archive.ts';

const zstdFrameBeginning = Buffer.alloc(4);
zstdFrameBeginning.writeUInt32LE(zstdFrameMagic);

/**
 * Opens `path`. Failure `io`; Failure `integrity`: `not-a-backup`, or the header's own. An archive whose other
 * end is missing or wrong is opened all the same: see `finishedArchive`.
 */
export function openBackup(path: string): Promise<StoredBackup> {
  return opened(path, openSource);
}

/**
 * As `openBackup`, for the sake of what is still good: of an archive whose header cannot be read (`flaw`) only the frames
 * are known.
 */
export function openToSalvage(
  path: string,
): Promise<{ readonly backup: StoredBackup; readonly flaw?: Failure }> {
  return opened(path, async (source) => {
    try {
      return { backup: await openSource(source) };
    } catch (thrown) {
      if (!(thrown instanceof Failure) || thrown.kind !== 'integrity') throw thrown;
      const framesAt = await findFrames(source);
      if (framesAt === undefined) throw thrown;
      return { backup: { form: 'zstd', source, framesAt }, flaw: thrown };
    }
  });
}

/** Where the first frame stands, whatever the length of the header is said to be: no JSON has the magic in it. */
async function findFrames(source: Source): Promise<number | undefined> {
  const head = await readSome(source, 0, maxHeaderFrameBytes + minFrameBytes);
  const at = Buffer.from(head).indexOf(zstdFrameBeginning);
  return at < 0 ? undefined : at;
}

async function opened<T>(path: string, open: (source: Source) => Promise<T>): Promise<T> {
  const source = await FileSource.open(path);
  try {
    return await open(source);
  } catch (thrown) {
    await source.close();
    throw thrown;
  }
}

export async function openSource(source: Source): Promise<StoredBackup> {
  const head = await readSome(source, 0, formBytes);
  const form = recogniseForm(head);
  if (form === undefined) throw await notABackup(source, head);
  if (form === 'archive') return openArchive(source);
  if (form === 'zstd' && isSkippable(head)) await refuseOurs(source, 0);
  return { form, source };
}

/** `archive` if it is whole. Failure `integrity`: `unfinished`, with what it holds; or what is wrong with its ends. */
export async function finishedArchive(archive: StoredArchive): Promise<FinishedArchive> {
  const { ends, flaw } = archive;
  if (ends) return { ...archive, ends };
  if (flaw) throw flaw;
  throw await unfinished(archive);
}

async function openArchive(source: Source): Promise<StoredArchive> {
  const head = await readExactly(source, 0, skippableHeadBytes);
  const { contentBytes } = decodeSkippableHead(head, source.name);
  const framesAt = skippableHeadBytes + contentBytes;
  if (framesAt > maxHeaderFrameBytes) throw damaged(source.name, 'its header is too long');
  const header = decodeArchiveHeader(await readExactly(source, 0, framesAt), source.name);
  const common = { form: 'archive', source, header, framesAt } as const;
  if (!source.seekable) return { ...common, ends: undefined, flaw: undefined };
  try {
    return { ...common, ends: await readEnds(source, header, framesAt), flaw: undefined };
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== 'integrity') throw thrown;
    return { ...common, ends: undefined, flaw: thrown };
  }
}

/** Undefined when there is no seek table: the archive was not finished. */
async function readEnds(
  source: Source,
  header: ArchiveHeader,
  framesAt: number,
): Promise<ArchiveEnds | undefined> {
  const { bytes, name } = source;
  const tailBytes = seekTableEntryBytes + seekTableFooterBytes;
  const tail = await readSome(source, Math.max(0, bytes - tailBytes), tailBytes);
  const footer = decodeSeekTableFooter(tail, bytes, name);
  if (!footer) return undefined;
  const { entries: count, tableBytes } = footer;
  if (count < 2) throw damaged(name, 'its seek table does not list header and trailer');
  if (count * minFrameBytes > bytes - tableBytes + 2 * minFrameBytes)
    throw damaged(name, 'its seek table names more frames than the file can hold');
  const at = bytes - tableBytes;
  const trailerBytes = lastFrameBytes(tail);
  if (trailerBytes > maxTrailerFrameBytes) throw damaged(name, 'its trailer is too long');
  const trailerFrame = await readExactly(source, Math.max(0, at - trailerBytes), trailerBytes);
  const trailer = decodeArchiveTrailer(trailerFrame, name);
  // Blanks fill it, so it would read as well if it were shorter; any other zstd would then stumble over the rest.
  if (frameBytesOf(trailerFrame, name) !== trailerBytes)
    throw damaged(name, 'its trailer does not end where the seek table says');
  // Before the table is read: it may be long.
  checkTrailer(trailer, header, count, name);
  const { frameSize } = header;
  const place = { source, at, count, headerBytes: framesAt, trailerBytes, frameSize };
  const ends = { trailer, table: await StoredSeekTable.read(place) };
  checkTotals(ends, name);
  return ends;
}

function frameBytesOf(frame: Uint8Array, name: string): number {
  return skippableHeadBytes + decodeSkippableHead(frame, name).contentBytes;
}

/** It must be of this archive and speak of a seek table of `count` entries. Failure `integrity`. */
export function checkTrailer(
  trailer: ArchiveTrailer,
  header: ArchiveHeader,
  count: number,
  file: string,
): void {
  if (trailer.setId !== header.setId || trailer.stripe !== header.stripe)
    throw damaged(file, 'its trailer belongs to another archive');
  if (trailer.frames !== count - 2)
    throw damaged(file, `its trailer counts ${trailer.frames} frames, its seek table ${count - 2}`);
}

/** What trailer and seek table count must be the same. Failure `integrity`. */
export function checkTotals({ trailer, table }: ArchiveEnds, file: string): void {
  const { rawBytes, compressedBytes } = trailer;
  if (rawBytes === table.rawBytes && compressedBytes === table.compressedBytes) return;
  const found = `its seek table ${table.rawBytes}, ${table.compressedBytes}`;
  throw damaged(file, `its trailer counts ${rawBytes}, ${compressedBytes} bytes, ${found}`);
}

/** `head`: what was read of it. A pipe is asked for no more: it may have fallen silent. */
async function notABackup(source: Source, head: Uint8Array): Promise<Failure> {
  const seen = source.seekable ? await readSome(source, 0, otherFileBytes) : head;
  const other = otherFile(seen);
  const what = other ? `is not a backup: it is ${other.what}` : 'is not a backup';
  const message = `${source.name} ${head.length === 0 ? 'is empty' : what}`;
  return new Failure('not-a-backup', message, {
    hints: [...(other ? [other.hint] : []), expectedHint],
  });
}

const expectedHint =
  'Expected an archive of vdibackup, a native backup of SQL Server (TAPE or MSSQLBAK), or a .zst of one.';
