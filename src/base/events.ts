// What the engine says while it works. The engine never prints: reporters (cli/) turn these into a bar,
// lines or JSON Lines. The field `event` is the machine name, stable for `--json` readers.

import type { Finding } from './finding.ts';

export type BackupType = 'copy' | 'full' | 'diff' | 'log';

/** Running totals of a job. Bytes since the start; `percent` is SQL Server's own (Msg 3211) when it said one. */
export interface Progress {
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
  readonly percent?: number;
  /** The job reads what is stored: bytes come from there. */
  readonly reading?: true;
}

export interface SqlMessageEvent {
  readonly number: number;
  readonly severity: number;
  readonly text: string;
}

/** The outcome of a durable success. Times in milliseconds, sizes in bytes. */
export interface BackupSummary {
  readonly job: 'backup';
  readonly database: string;
  readonly type: BackupType;
  readonly setId: string;
  readonly files: readonly {
    readonly path: string;
    readonly storedBytes: number;
    readonly sha256?: string;
  }[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
  readonly dryRun: boolean;
  readonly messages: readonly SqlMessageEvent[];
}

/** The outcome of a restore. Times in milliseconds, sizes in bytes. */
export interface RestoreSummary {
  readonly job: 'restore';
  readonly database: string;
  /** Absolute paths of what was restored, in the order of the command line. */
  readonly files: readonly string[];
  readonly steps: readonly RestoreStepSummary[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
  readonly dryRun: boolean;
  /** State of the database now, e.g. ONLINE or RESTORING; absent when SQL Server did not say. */
  readonly state?: string;
  /** The log backup that was taken of the database before it was replaced. */
  readonly tail?: { readonly files: readonly string[]; readonly setId: string };
  readonly messages: readonly SqlMessageEvent[];
}

export interface RestoreStepSummary {
  readonly files: readonly string[];
  /** The database it is a backup of; absent when the backup does not say. */
  readonly database?: string;
  /** `full`, `diff`, `log`; absent when the backup does not say. */
  readonly type?: string;
  /** Local time of the server that took it. */
  readonly finished?: string;
  /** Minutes east of UTC of `finished`. */
  readonly timeZoneMinutes?: number;
}

/** The outcome of a run that succeeded: what its verb says of it. */
export interface JobSummary {
  /** The verb. */
  readonly job: string;
  readonly rawBytes?: number;
  readonly elapsedMs?: number;
}

export type JobEvent =
  | {
      readonly event: 'plan';
      readonly statement: string;
      readonly files: readonly string[];
      readonly lines: readonly string[];
    }
  | {
      readonly event: 'connected';
      readonly server: string;
      readonly version: string;
      readonly edition: string;
    }
  | {
      readonly event: 'configured';
      readonly devices: number;
      readonly blockSize: number;
      readonly transferSize: number;
      readonly completeEnabled: boolean;
    }
  | {
      readonly event: 'warning';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    }
  | ({ readonly event: 'progress' } & Progress)
  | ({ readonly event: 'sql-message' } & SqlMessageEvent)
  | { readonly event: 'aborting'; readonly reason: string }
  /** SQL Server is about to be told to restore this backup, one of `steps`. */
  | {
      readonly event: 'restoring';
      readonly database: string;
      readonly backup: string;
      readonly step: number;
      readonly steps: number;
    }
  /** The tail of the log of a database was backed up, which leaves it RESTORING. */
  | {
      readonly event: 'tail';
      readonly database: string;
      readonly files: readonly string[];
      readonly setId: string;
    }
  /** A check begins: by SQL Server, or of the backups that are to replace a database. */
  | { readonly event: 'checking'; readonly what: string }
  /** A line the VDI library printed to the console. */
  | { readonly event: 'library'; readonly line: string }
  /** Something in a stored backup is not as it was written. Offsets in bytes, of the file and of the native backup in it. */
  | {
      readonly event: 'damage';
      readonly file: string;
      readonly code: string;
      readonly message: string;
      readonly offset?: number;
      readonly rawOffset?: number;
    }
  | {
      readonly event: 'verified';
      readonly file: string;
      readonly verdict: 'good' | 'unchecked' | 'unread' | 'damaged';
      readonly good: boolean;
      /** What was looked at, in words. */
      readonly lines: readonly string[];
    }
  /** `doctor` has looked at something. */
  | ({ readonly event: 'finding' } & Finding)
  | {
      readonly event: 'debug';
      readonly message: string;
      readonly data?: Readonly<Record<string, unknown>>;
    };

export type Emit = (event: JobEvent) => void;
