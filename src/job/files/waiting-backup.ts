// One stripe of a backup that waits for its name: what `finish` must know of it before SQL Server is asked, and that it
// is all there. Archives say it in their ends; a bare backup is followed from its first byte to its last.

import { finishedArchive, openBackup } from '../../archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import {
  type ArchiveTrailer,
  encodeArchiveTrailer,
  trailerFrameBytes,
} from '../../archive/trailer.ts';
import { MiB } from '../../base/byte-size.ts';
import { Failure } from '../../base/errors.ts';
import type { Emit } from '../../base/events.ts';
import { MtfWalker } from '../../mtf/walker.ts';
import type { PartialFile } from '../../storage/file/partial-file.ts';
import { damaged } from '../../storage/io-failure.ts';
import { readSome, type Source } from '../../storage/source.ts';
import { describeBackup } from '../sets/backup-description.ts';

export interface WaitingBackup {
  readonly file: string;
  /** setId of an archive, MediaSetId of a bare backup. */
  readonly set: string;
  readonly stripe: number;
  readonly stripes: number;
  /** BackupSetGUID of the stream; undefined when it does not say. */
  readonly backupSetId: string | undefined;
  readonly database: string | undefined;
  readonly server: string | undefined;
  /** FamilyGUID of the stream; undefined when it does not say. */
  readonly familyId: string | undefined;
  /** As the archive's header says it. */
  readonly type: string | undefined;
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** Of an archive: what its last words are, and where. */
  readonly trailer: { readonly is: ArchiveTrailer; readonly at: number } | undefined;
}

/** How much of a bare backup is read at once, bytes. */
const pieceBytes = MiB;

/** Failure `io`; Failure `integrity` for a file that is not whole. */
export async function openWaiting(file: string, emit: Emit): Promise<WaitingBackup> {
  const backup = await openBackup(file);
  try {
    return backup.form === 'archive' ? await archive(backup, emit) : await bare(backup, emit);
  } finally {
    await backup.source.close();
  }
}

/** Whether the file itself says that SQL Server had reported success. */
export function isFinished({ trailer }: WaitingBackup): boolean {
  return trailer?.is.finished !== undefined;
}

/** The names of the virtual devices that SQL Server wrote an archive's set to (threaded-device-set.ts gives them). */
export function deviceNames({ trailer, set, stripes }: WaitingBackup): string[] {
  if (!trailer) return [];
  return Array.from({ length: stripes }, (_, device) => (device === 0 ? set : `${set}-${device}`));
}

/** Writes into the trailer, which does not change its length, that SQL Server has reported success. */
export async function writeFinished(
  partial: PartialFile,
  { trailer }: WaitingBackup,
  finished: Date,
): Promise<void> {
  if (!trailer || trailer.is.finished !== undefined) return;
  const words = encodeArchiveTrailer({ ...trailer.is, finished: finished.toISOString() });
  await partial.write(words, trailer.at);
}

type Archive = Extract<StoredBackup, { form: 'archive' }>;

async function archive(backup: Archive, emit: Emit): Promise<WaitingBackup> {
  const { source, header, ends } = await finishedArchive(backup);
  const { trailer } = ends;
  const { trailerAt: at, trailerBytes } = ends.table;
  if (trailerBytes !== trailerFrameBytes)
    throw damaged(source.name, 'its trailer has another length than vdibackup writes');
  if (trailer.mtf && !trailer.mtf.complete) emit(incomplete(source.name, trailer.mtf.damage));
  return {
    file: source.name,
    set: header.setId,
    stripe: header.stripe,
    stripes: header.stripes,
    backupSetId: trailer.mtf?.set?.backupSetId,
    database: header.database,
    server: header.server,
    familyId: trailer.mtf?.set?.familyId,
    type: header.type,
    rawBytes: trailer.rawBytes,
    storedBytes: source.bytes,
    trailer: { is: trailer, at },
  };
}

function incomplete(file: string, damage: string | undefined) {
  return {
    event: 'warning',
    code: 'stream-incomplete',
    message: `the stream in ${file} does not end as a SQL Server backup does${damage ? `: ${damage}` : ''}`,
    hint: 'Check it before you rely on it: RESTORE VERIFYONLY.',
  } as const;
}

async function bare(backup: StoredBackup, emit: Emit): Promise<WaitingBackup> {
  const { source } = backup;
  const description = await describeBackup(backup, 1, 1);
  const { set, stripe, stripes, facts } = description;
  if (backup.form === 'zstd' || set === undefined) throw notWaiting(source.name);
  await expectWhole(source, emit);
  return {
    file: source.name,
    set,
    stripe,
    stripes,
    backupSetId: facts?.backupSetId,
    database: facts?.database,
    server: facts?.server,
    familyId: facts?.familyId,
    type: undefined,
    rawBytes: source.bytes,
    storedBytes: source.bytes,
    trailer: undefined,
  };
}

async function expectWhole(source: Source, emit: Emit): Promise<void> {
  emit({ event: 'checking', what: `${source.name} from its first byte to its last` });
  const walker = new MtfWalker();
  for (let at = 0; at < source.bytes; ) {
    const piece = await readSome(source, at, Math.min(pieceBytes, source.bytes - at));
    if (piece.length === 0) break;
    walker.push(piece);
    at += piece.length;
  }
  const facts = walker.end();
  // A form that is not known is not damage; msdb is asked about it next.
  if (facts?.complete || walker.unknown !== undefined) return;
  const why = facts?.damage ?? 'it does not end as a finished backup does';
  throw new Failure('stream-incomplete', `the backup in ${source.name} is cut: ${why}`, {
    hints: ['It was left as it is; take a new backup.'],
  });
}

function notWaiting(file: string): Failure {
  return new Failure('not-a-backup', `${file} is no backup that vdibackup wrote`, {
    hints: ['Expected an archive of vdibackup, or a native backup of --compress none or server.'],
  });
}
