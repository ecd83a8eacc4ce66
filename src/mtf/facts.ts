// What a whole backup stream says about itself. Not here: how it is found (walker.ts).

import type { BackupSet } from './backup-set.ts';

/** A whole stream. */
export interface MtfFacts {
  /** MSSQLBAK: compressed by SQL Server; then only `complete`, `sets` and the media set are told. */
  readonly compressed: boolean;
  /** Whether the stream ends as a finished backup set must; a truncated one never does. */
  readonly complete: boolean;
  /** Backup sets begun. */
  readonly sets: number;
  /** Why reading stopped before the end, with the byte position. */
  readonly damage?: string;
  /** MediaSetId, upper case. */
  readonly mediaSetId?: string;
  /** Stripes of the media set, and which of them this is (from 1). */
  readonly familyCount?: number;
  readonly familySequence?: number;
  /** Physical block size of the medium, bytes. */
  readonly blockSize?: number;
  /** Attributes of the TAPE block. */
  readonly mediaAttributes?: number;
  /** Types of the last blocks, in their order: a finished stream ends `MSLS SFMB ESET ESET SFMB`. */
  readonly lastBlocks?: string;
  /** The last backup set. */
  readonly set?: BackupSet;
}
