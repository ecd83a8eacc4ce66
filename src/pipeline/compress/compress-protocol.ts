// What the main thread and a compress worker say to each other.

import type { FramePoolHandle } from '../../memory/frame-pool.ts';

export interface CompressWorkerData {
  readonly pool: FramePoolHandle;
  /** zstd level, -7..19. */
  readonly level: number;
}

/** Main -> worker: the slot holds `rawBytes`; it belongs to the worker until the answer. */
export interface CompressJob {
  readonly slot: number;
  readonly rawBytes: number;
}

/** Worker -> main: the slot now holds a zstd frame of `frameBytes`. */
export interface CompressDone {
  readonly frameBytes: number;
}
