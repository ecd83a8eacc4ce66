// The next thing to do for the raw bytes of a stored backup. Each form of storing is a generator of it, which reads what
// has to be read in order; raw-reader.ts does the work.

import type { PlannedFrame } from '../../archive/reader/frame-check.ts';
import type { DecompressPool } from './decompress-pool.ts';

export type RawWork =
  /** A frame to be read and decompressed as a whole. */
  | { readonly kind: 'frame'; readonly frame: PlannedFrame }
  /** `bytes` raw bytes at the start of `slot`, which belongs to the taker from now on. */
  | {
      readonly kind: 'filled';
      readonly slot: number;
      readonly bytes: number;
      /** End of what was read of the file for them, bytes. */
      readonly storedEnd: number;
    };

/** What a form gets from its reader. */
export interface RawContext {
  /** Raw bytes that a piece may hold. */
  readonly frameSize: number;
  /** Stored bytes that a frame may have. */
  readonly slotCapacity: number;
  readonly decompressor: DecompressPool;
  /** Nothing more is wanted. */
  readonly stopped: boolean;
  /** A slot to fill; undefined when nothing more is wanted. */
  acquire(): Promise<number | undefined>;
  release(slot: number): void;
  bytes(slot: number): Uint8Array;
  /** zstd frames read so far. */
  count(frames: number): void;
}

/** What `filling` of an acquired slot comes to. A slot that could not be filled is given back. */
export async function filled<T>(
  slot: number,
  context: RawContext,
  filling: Promise<T>,
): Promise<T> {
  try {
    return await filling;
  } catch (thrown) {
    context.release(slot);
    throw thrown;
  }
}
