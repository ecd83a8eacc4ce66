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
