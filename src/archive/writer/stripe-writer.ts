// The port through which the pipeline stores one stripe, whatever form it is stored in.
import type { ArchiveHeader } from '../header.ts';
import type { TrailerFacts } from '../trailer.ts';

export interface StoredStripe {
  /** Bytes of the file. */
  readonly storedBytes: number;
  /** SHA-256 of the file, lower-case hex; only when it was asked for. */
  readonly sha256?: string;
}

/**
 * Stores one stripe: `begin`, `appendFrame`…, `seal` as often as the server wants, `finish`.
 *
 * Calls are carried out in the order they are made, one after the other; each promise settles when its own
 * work is done. After the first failure all further calls reject with that same failure. A call out of
 * order (frames before `begin`, anything after `finish`) is an internal error.
 */
export interface StripeWriter {
  /** Once, first. */
  begin(header: ArchiveHeader): Promise<void>;
  /** `bytes` belong to the writer until the promise settles. `rawBytes` is what they decompress to. */
  appendFrame(bytes: Uint8Array, rawBytes: number): Promise<void>;
  /**
   * Resolves when all frames appended so far are durable *and* form a finished stripe: only then may a
   * Flush or Complete of the server be answered with success. Further frames may follow.
   */
  seal(facts: TrailerFacts): Promise<void>;
  /** After Msg 3014: writes the final words, makes them durable and closes the sink. Needs no new disk space after `seal`. */
  finish(facts: TrailerFacts): Promise<StoredStripe>;
  /**
   * Gives up and removes what was written. Any time, also while another call is at work or after `finish`;
   * never rejects. False when a file could not be removed.
   */
  discard(): Promise<boolean>;
}
