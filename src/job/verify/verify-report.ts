// What a verification found: an object for machines (`verify --json`), stable.
import type { BackupForm } from '../../archive/reader/backup-form.ts';
import type { SqlMessageEvent } from '../../base/events.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import type { DataDamage } from '../../mtf/check/data-check.ts';
import type { RecordDamage } from '../../mtf/mssqlbak/check.ts';
import type { StripePlace, StripeProblem } from '../sets/stripe-set.ts';

export interface VerifyRequest {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** Decompression threads, at least 1. */
  readonly threads: number;
}

/** Of the failures, and of what only a verification finds in a stream. */
type DamageCode = FailureCode | DataDamage['code'] | RecordDamage['code'];

export interface Damage {
  /** Stable name. */
  readonly code: DamageCode;
  readonly message: string;
  /** Byte of the file. */
  readonly offset?: number;
  /** Byte of the native backup in it. */
  readonly rawOffset?: number;
  /** What to do about it, where it is something of its own. */
  readonly hint?: string;
}

interface Checked {
  readonly checked: number;
  readonly bad: number;
}

/**
 * `unchecked`: nothing is known to be wrong, but not all could be checked, because the form is not known here.
 * `unread`: it could not be read to its end.
 */
export type Verdict = 'good' | 'unchecked' | 'unread' | 'damaged';

export interface VerifiedFile {
  readonly file: string;
  /** Undefined when it is not a backup, or cannot be read. */
  readonly form: BackupForm | undefined;
  readonly verdict: Verdict;
  /** The verdict is `good`. */
  readonly good: boolean;
  /** Why it, or a part of it, could not be checked. */
  readonly unchecked?: string;
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
  /** Of the files' own verification: the worst of their verdicts; `incomplete` where stripes are missing or foreign. */
  readonly verdict: Verdict | 'incomplete';
  /** Nothing is wrong, and all was checked, by this program or, with `--verifyonly`, by SQL Server. */
  readonly good: boolean;
  readonly files: readonly VerifiedFile[];
  /** What is wrong with sets as a whole. */
  readonly sets: readonly StripeProblem[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  /** Of the files' own verification. */
  readonly elapsedMs: number;
  /** With `--verifyonly`. */
  readonly server?: ServerVerdict;
}

/** From good to bad. */
const verdicts: readonly VerifyReport['verdict'][] = [
  'good',
  'unchecked',
  'incomplete',
  'unread',
  'damaged',
];

export function worstVerdict(each: readonly VerifyReport['verdict'][]): VerifyReport['verdict'] {
  return verdicts.findLast((verdict) => each.includes(verdict)) ?? 'good';
}

/** Nothing is known to be wrong. */
export function passes({ verdict }: Pick<VerifyReport, 'verdict'>): boolean {
  return verdict === 'good' || verdict === 'unchecked';
}
