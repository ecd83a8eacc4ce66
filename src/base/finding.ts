// What `doctor` finds: one thing that was looked at, and what follows from it.

/** `unknown`: it could not be looked at, or the answer comes with the first backup only. */
export type FindingLevel = 'ok' | 'warning' | 'problem' | 'unknown';

export interface Finding {
  /** What was looked at; a stable name. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What it is; a stable name. `ok` where all is well, that of the backup's error where it would fail. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** The command that fixes it, or that tells what to fix. */
  readonly fix?: string;
  /** What else to know, as sentences. */
  readonly hints?: readonly string[];
}
