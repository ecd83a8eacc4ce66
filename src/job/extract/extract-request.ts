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

/** One extraction, validated and frozen. */
export interface ExtractRequest {
  /** Absolute path of the stored backup. */
  readonly file: string;
  /** Absolute, or `-` for stdout. */
  readonly out: string;
  /** Give what is still good of a damaged or unfinished file. */
  readonly salvage: boolean;
  readonly overwrite: boolean;
  /** Decompression threads, at least 1. */
  readonly threads: number;
}
