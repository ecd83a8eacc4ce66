// What a verification found: an object for machines (`verify --json`), stable.
import type { BackupForm } from '../../archive/reader/backup-form.js';
import type { SqlMessageEvent } from '../../base/events.js';

export interface VerifyRequest {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Decompression threads, at least 1. */
  readonly threads: number;
}

export interface Damage {
  /** Stable name. */
  readonly code: string;
  readonly message: string;
  /** Byte of the file. */
  readonly offset?: number;
  /** Byte of the native backup in it. */
  readonly rawOffset?: number;
  /** What to do about it, where it is something of its own. */
  readonly hint?: string;
}

export interface Checked {
  readonly checked: number;
  readonly bad: number;
}

export interface VerifiedFile {
  readonly file: string;
  /** Undefined when it is not a backup, or cannot be read. */
  readonly form: BackupForm | undefined;
  readonly good: boolean;
  /** It could not be read to its end; why, is its damage. */
  readonly unread?: true;
  readonly storedBytes: number;
  /** Bytes of the native backup that were seen. */
  readonly rawBytes: number;
  /** Bytes of it from the start in front of the first damage. */
  readonly goodRawBytes: number;
  /** zstd frames, where they are taken one by one. */
  readonly frames?: Checked;
  /** Pages of the database that have a checksum, and those that have none. */
  readonly pages?: Checked & { readonly unchecked: number };
  /** Streams with a backup checksum (WITH CHECKSUM). */
  readonly backupChecksums?: Checked;
  /** Records of SQL Server's own compression. */
  readonly records?: Checked;
  /** Backup sets in the native backup. */
  readonly sets?: number;
  /** `setId` of an archive or MediaSetId of a native backup, and which stripe of how many this is. */
  readonly stripe?: StripePlace;
  readonly damage: readonly Damage[];
  /** Damages beyond those listed. */
  readonly damageOmitted?: number;
}

export interface StripePlace {
  readonly set: string;
  /** From 1. */
  readonly stripe: number;
  readonly stripes: number;
  /** The same text for the same backup sets in the same order: stripes that belong together share it. */
  readonly backups?: string;
}

/** What SQL Server said to RESTORE VERIFYONLY. */
export interface ServerVerdict {
  /** `not-asked`: there was damage before its turn came. `failed`: nothing was proven either way. */
  readonly outcome: 'valid' | 'damaged' | 'failed' | 'not-asked';
  readonly server?: { readonly name: string; readonly version: string; readonly edition: string };
  /** Those that were begun, in their order. */
  readonly sets: readonly ServerVerifiedSet[];
  readonly elapsedMs: number;
}

export interface ServerVerifiedSet {
  /** Its stripes. */
  readonly files: readonly string[];
  /** Which backup set of these files, from 1 (`FILE = n`). */
  readonly position: number;
  readonly outcome: 'valid' | 'damaged' | 'failed';
  /** Whether SQL Server was to fail without checksums (`WITH CHECKSUM`). */
  readonly checksum: boolean;
  /** Msg 3262, or why not. */
  readonly messages: readonly SqlMessageEvent[];
}

export interface VerifyReport {
  /** Nothing is wrong, and all that was asked for was done. */
  readonly good: boolean;
  readonly files: readonly VerifiedFile[];
  /** What is wrong with sets as a whole. */
  readonly sets: readonly Damage[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** Of the files' own verification. */
  readonly elapsedMs: number;
  /** With `--server`. */
  readonly server?: ServerVerdict;
}
