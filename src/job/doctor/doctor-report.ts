// What `doctor` is asked and what it answers: an object for machines (`doctor --json`), stable.
import type { Finding, FindingLevel } from '../../base/finding.ts';
import type { SqlConnectionSettings } from '../../sql/sql-session.ts';

export type { Finding, FindingLevel };

export interface DoctorRequest {
  /** Without a login when nobody said who logs in: all else is looked at all the same. */
  readonly connection: SqlConnectionSettings;
  /** The database that shall be backed up. */
  readonly database?: string;
  /** Where its backups shall go, absolute. */
  readonly folder?: string;
  readonly assumeLocal: boolean;
  /** Root may run what others can change: a warning, not a problem. */
  readonly allowWritableProgram: boolean;
  /** As in BackupRequest. */
  readonly vdiLibrary?: string;
}

export interface DoctorReport {
  readonly job: 'doctor';
  /** No finding is a problem. */
  readonly healthy: boolean;
  /** In the order in which a backup meets them. */
  readonly findings: readonly Finding[];
}
