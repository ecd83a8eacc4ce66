// A stored backup as it was opened.

import type { Failure } from '../../base/errors.ts';
import type { Source } from '../../storage/source.ts';
import type { ArchiveHeader } from '../header.ts';
import type { ArchiveTrailer } from '../trailer.ts';
import type { BackupForm } from './backup-form.ts';
import type { StoredSeekTable } from './stored-seek-table.ts';

/** What stands behind the frames of a finished archive. */
export interface ArchiveEnds {
  readonly trailer: ArchiveTrailer;
  readonly table: StoredSeekTable;
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

interface ForeignBackup {
  readonly form: Exclude<BackupForm, 'archive'>;
  readonly source: Source;
  /** Of an archive whose header is damaged: offset of the first frame. */
  readonly framesAt?: number;
}

export type StoredBackup = StoredArchive | ForeignBackup;

/** An archive whose ends fit; what restore needs. */
export type FinishedArchive = StoredArchive & { readonly ends: ArchiveEnds };
