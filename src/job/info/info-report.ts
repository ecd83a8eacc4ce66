// What `info` says of stored backups: an object for machines (`info --json`), stable. Field names of the sets
// are those of RESTORE LABELONLY, HEADERONLY and FILELISTONLY.
import type { BackupForm } from '../../archive/reader/backup-form.ts';
import type { SqlMessageEvent } from '../../base/events.ts';
import type { Disagreement } from '../../mtf/check/agreement.ts';
import type { Row } from '../../mtf/row.ts';

export type { Disagreement, Row };

export interface InfoReport {
  readonly files: readonly FileInfo[];
}

export interface FileInfo {
  readonly file: string;
  readonly form: BackupForm;
  readonly storedBytes: number;
  /** Length of the native backup; absent when only reading all of the file would tell. */
  readonly rawBytes?: number;
  readonly archive?: ArchiveInfo;
  readonly media?: Row;
  readonly sets: readonly SetInfo[];
  /** A backup in it was taken of a database that was damaged then: the set's IsDamaged, or Msg 3042 in the archive. */
  readonly damagedDatabase?: true;
  /** Why nothing is told of what is inside: its form is not known here, which does not make it damaged. */
  readonly unknown?: string;
  /** More backup sets may follow these: finding them would have taken reading too much. */
  readonly moreSets?: true;
}

export interface SetInfo {
  readonly header: Row;
  readonly files: readonly Row[];
  /** Where the start and the end of the set contradict each other: one of them is damaged. */
  readonly disagreements?: readonly Disagreement[];
}

/** What an archive says of itself. */
export interface ArchiveInfo {
  /** `finished`: SQL Server reported success. `sealed`: whole, but that is not recorded. `unfinished`: not a backup. */
  readonly state: 'finished' | 'sealed' | 'unfinished';
  /** Why it is not finished. */
  readonly flaw?: string;
  readonly setId: string;
  readonly stripe: number;
  readonly stripes: number;
  readonly database: string;
  readonly server: string;
  readonly type: string;
  readonly isCopyOnly: boolean;
  readonly blockSize: number;
  readonly transferSize: number;
  readonly frameSize: number;
  readonly compression: string;
  readonly toolVersion: string;
  readonly started: string;
  readonly finished?: string;
  readonly frames?: number;
  readonly compressedBytes?: number;
  readonly messages?: readonly SqlMessageEvent[];
}
