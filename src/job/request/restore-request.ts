import type { SqlConnectionSettings } from '../../sql/sql-session.ts';
import type { FileMove, RestoreEnd } from '../../sql/statement/restore-statement.ts';
import type { BackupRequest } from './backup-request.ts';

export type { FileMove, RestoreEnd };

/** One restore, validated and frozen: nothing downstream parses a string again. */
export interface RestoreRequest {
  readonly database: string;
  /** Absolute paths, in any order; a single `-` is stdin. */
  readonly files: readonly string[];
  readonly connection: SqlConnectionSettings;
  /** Decompression threads, at least 1. */
  readonly threads: number;
  readonly assumeLocal: boolean;
  /** An existing database may be replaced. */
  readonly replace: boolean;
  readonly end: RestoreEnd;
  /** Local time of the server, `YYYY-MM-DDTHH:MM:SS[.fff]`, or one with its offset from UTC behind it, `+HH:MM`. */
  readonly stopAt?: string;
  /** RecoveryForkID of the branch that is wanted, where the backups are of several. */
  readonly fork?: string;
  readonly checksum: boolean;
  /** Verbatim further WITH options. */
  readonly with?: string;
  /** Verbatim paths by logical name. */
  readonly moves: readonly FileMove[];
  /** Instead of the instance's default folders. */
  readonly dataFolder?: string;
  readonly logFolder?: string;
  /** Bytes; undefined is what the backup was written with. */
  readonly blockSize?: number;
  readonly transferSize?: number;
  /** Whether the backups are verified before they replace a database that is online. */
  readonly verify: boolean;
  /** The log backup WITH NORECOVERY that precedes the restore over a database that is online. */
  readonly tail?: BackupRequest;
  /** What the restore is for: advice that is right for one may be wrong for a drill. Undefined is a restore. */
  readonly direction?: 'restore' | 'drill';
  readonly dryRun: boolean;
  /** Milliseconds; 0 = off. */
  readonly stallTimeout: number;
  /** Path given by `--vdi-library` or VDIBACKUP_VDI_LIBRARY; the platform's default otherwise. */
  readonly vdiLibrary?: string;
}
