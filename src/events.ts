// What the engine says while it works. The engine never prints: reporters (cli/) turn these into a bar,
// lines or JSON Lines. The field `event` is the machine name, stable for `--json` readers.

export type BackupType = 'copy' | 'full' | 'diff' | 'log';

/** Running totals of a job. Bytes since the start; `percent` is SQL Server's own (Msg 3211) when it said one. */
export interface Progress {
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
  readonly percent?: number;
}

export interface SqlMessageEvent {
  readonly number: number;
  readonly severity: number;
  readonly text: string;
}

/** The outcome of a durable success. Times in milliseconds, sizes in bytes. */
export interface BackupSummary {
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

/** The outcome of a whole, durable extraction. */
export interface ExtractSummary {
  readonly job: 'extract';
  readonly file: string;
  /** `-` is stdout. */
  readonly out: string;
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
}

/** The outcome of a verification that found nothing wrong. */
export interface VerifySummary {
  readonly job: 'verify';
  readonly files: readonly string[];
  readonly rawBytes: number;
  readonly storedBytes: number;
  readonly elapsedMs: number;
}

export interface InfoSummary {
  readonly job: 'info';
  readonly files: readonly string[];
}

export type JobSummary = BackupSummary | ExtractSummary | VerifySummary | InfoSummary;

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
      readonly good: boolean;
      /** What was looked at, in words. */
      readonly lines: readonly string[];
    }
  | {
      readonly event: 'debug';
      readonly message: string;
      readonly data?: Readonly<Record<string, unknown>>;
    };

export type Emit = (event: JobEvent) => void;
