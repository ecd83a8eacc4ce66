// Opens a stored backup: recognises its form and, of an archive, reads both ends and checks them against
// each other (docs/archive-format.md, "Reading an archive"). Not here: decompression.
import { Failure } from '../../errors.js';
import { FileSource } from '../../storage/file/file-source.js';
import { damaged } from '../../storage/io-failure.js';
import { readExactly, readSome, type Source } from '../../storage/source.js';
import { minFrameBytes, zstdFrameMagic } from '../../zstd/frame-header.js';
import { FrameWalker } from '../../zstd/frame-walker.js';
import {
  decodeSkippableHead,
  isSkippable,
  skippableHeadBytes,
} from '../../zstd/skippable-frame.js';
import { type ArchiveHeader, decodeArchiveHeader, maxHeaderFrameBytes } from '../header.js';
import {
  decodeSeekTable,
  decodeSeekTableFooter,
  emptyChecksum,
  type SeekTable,
  type SeekTableEntry,
  seekTableFooterBytes,
} from '../seek-table.js';
import { type ArchiveTrailer, decodeArchiveTrailer, maxTrailerFrameBytes } from '../trailer.js';
import { type BackupForm, formBytes, recogniseForm } from './backup-form.js';
import { refuseOurs } from './frame-check.js';

const zstdFrameBeginning = Buffer.alloc(4);
zstdFrameBeginning.writeUInt32LE(zstdFrameMagic);

/** What stands behind the frames of a finished archive. */
export interface ArchiveEnds {
  readonly trailer: ArchiveTrailer;
  /** Header first, trailer last. */
  readonly table: SeekTable;
}

export interface StoredArchive {
  readonly form: 'archive';
  readonly source: Source;
  readonly header: ArchiveHeader;
  /** Offset of the first frame. */
  readonly framesAt: number;
  /** Undefined when they are missing, do not fit (`flaw` says why), or are still to come (not seekable). */
  readonly ends: ArchiveEnds | undefined;
  readonly flaw: Failure | undefined;
}

export interface ForeignBackup {
  readonly form: Exclude<BackupForm, 'archive'>;
  readonly source: Source;
  /** Of an archive whose header is damaged: offset of the first frame. */
  readonly framesAt?: number;
}

export type StoredBackup = StoredArchive | ForeignBackup;

/** An archive whose ends fit; what restore needs. */
export type FinishedArchive = StoredArchive & { readonly ends: ArchiveEnds };

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
  if (form === undefined) throw notABackup(source);
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

/** Every zstd frame of the archive, by its seek table. */
export function* dataEntries({ table }: ArchiveEnds): Generator<SeekTableEntry> {
  const last = table.count - 1;
  let index = 0;
  for (const entry of table.entries()) {
    if (index > 0 && index < last) yield entry;
    index += 1;
  }
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
  const tail = await readSome(
    source,
    Math.max(0, bytes - seekTableFooterBytes),
    seekTableFooterBytes,
  );
  const footer = decodeSeekTableFooter(tail, bytes, name);
  if (!footer) return undefined;
  if (footer.entries * minFrameBytes > bytes - footer.tableBytes + 2 * minFrameBytes) {
    throw damaged(name, 'its seek table names more frames than the file can hold');
  }
  const frame = await readExactly(source, bytes - footer.tableBytes, footer.tableBytes);
  const table = decodeSeekTable(frame, bytes, name);
  const last = checkTable(table, framesAt, name);
  if (last.compressedBytes > maxTrailerFrameBytes) throw damaged(name, 'its trailer is too long');
  const trailerFrame = await readExactly(source, last.offset, last.compressedBytes);
  const trailer = decodeArchiveTrailer(trailerFrame, name);
  // Blanks fill it, so it would read as well if it were shorter; any other zstd would then stumble over the rest.
  if (frameBytesOf(trailerFrame, name) !== last.compressedBytes)
    throw damaged(name, 'its trailer does not end where the seek table says');
  const ends = { trailer, table };
  checkTotals(ends, header, name);
  return ends;
}

/** Its first and last entries must be header and trailer; gives the latter. Failure `integrity`. */
export function checkTable(table: SeekTable, framesAt: number, file: string): SeekTableEntry {
  const [first, last] = outerEntries(table);
  if (table.count < 2 || !first || !last || first.compressedBytes !== framesAt) {
    throw damaged(file, 'its seek table does not begin with its header');
  }
  if (![first, last].every(isWithoutData)) {
    throw damaged(file, 'its seek table counts its header or trailer as data');
  }
  return last;
}

function isWithoutData({ rawBytes, checksum }: SeekTableEntry): boolean {
  return rawBytes === 0 && checksum === emptyChecksum;
}

function frameBytesOf(frame: Uint8Array, name: string): number {
  return skippableHeadBytes + decodeSkippableHead(frame, name).contentBytes;
}

function outerEntries(table: SeekTable): [SeekTableEntry | undefined, SeekTableEntry | undefined] {
  let first: SeekTableEntry | undefined;
  let last: SeekTableEntry | undefined;
  for (const entry of table.entries()) {
    first ??= entry;
    last = entry;
  }
  return [first, last];
}

/** What trailer and seek table count must be the same. Failure `integrity`. */
export function checkTotals(ends: ArchiveEnds, header: ArchiveHeader, file: string): void {
  const { trailer, table } = ends;
  if (trailer.setId !== header.setId || trailer.stripe !== header.stripe) {
    throw damaged(file, 'its trailer belongs to another archive');
  }
  let rawBytes = 0;
  let compressedBytes = 0;
  for (const entry of dataEntries(ends)) {
    if (entry.rawBytes < 1 || entry.rawBytes > header.frameSize) {
      throw damaged(file, `its seek table names a frame of ${entry.rawBytes} raw bytes`);
    }
    rawBytes += entry.rawBytes;
    compressedBytes += entry.compressedBytes;
  }
  const said = [trailer.frames, trailer.rawBytes, trailer.compressedBytes];
  const found = [table.count - 2, rawBytes, compressedBytes];
  if (said.every((value, index) => value === found[index])) return;
  throw damaged(file, `its trailer counts ${said.join(', ')}, its seek table ${found.join(', ')}`);
}

/** Counts the frames that are whole by their framing. */
async function unfinished(archive: StoredArchive): Promise<Failure> {
  const { source, header, framesAt } = archive;
  const whole = await wholeFrames(archive);
  const what = whole.tailSeen
    ? 'is damaged: its end is cut or wrong'
    : 'is not a finished backup: it has no trailer';
  const holds = `${whole.frames} whole frames (${whole.rawBytes} bytes) up to byte ${whole.end} of ${source.bytes}`;
  return new Failure('integrity', 'unfinished', `${source.name} ${what}; it holds ${holds}`, {
    hints: [
      whole.tailSeen || framesAt + header.frameSize > source.bytes
        ? 'copy the file again from where it was made and compare sizes'
        : 'the backup that wrote it did not end well: take a new one, or copy the file again if that was cut short',
      'vdibackup extract --salvage gets the frames that are still good',
    ],
  });
}

interface WholeFrames {
  readonly frames: number;
  readonly rawBytes: number;
  /** Offset of the first byte that belongs to no whole frame. */
  readonly end: number;
  /** A skippable frame stands behind the frames: the trailer. */
  readonly tailSeen: boolean;
}

async function wholeFrames({ source, header, framesAt }: StoredArchive): Promise<WholeFrames> {
  const walker = new FrameWalker(source, Number.MAX_SAFE_INTEGER, header.frameSize);
  const seen = { frames: 0, rawBytes: 0, end: framesAt, tailSeen: false };
  for (;;) {
    const frame = await walker.at(seen.end).catch(() => undefined);
    if (frame?.kind === 'skippable') return { ...seen, tailSeen: true };
    if (frame?.kind !== 'data') return seen;
    seen.frames += 1;
    seen.rawBytes += frame.rawBytes ?? 0;
    seen.end += frame.bytes;
  }
}

export function notABackup(source: Source): Failure {
  const what = source.bytes === 0 ? 'is empty' : 'is not a backup';
  return new Failure('integrity', 'not-a-backup', `${source.name} ${what}`, {
    hints: [
      'expected an archive of vdibackup, a native backup of SQL Server (TAPE or MSSQLBAK), or a .zst of one',
    ],
  });
}
