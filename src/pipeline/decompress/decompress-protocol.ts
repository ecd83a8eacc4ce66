// What the main thread and a decompress worker say to each other.

import type { PlannedFrame } from '../../archive/reader/frame-check.ts';
import type { FailureFields } from '../../base/errors.ts';
import type { FramePoolHandle } from '../../memory/frame-pool.ts';
import type { SharedMemory } from '../../memory/sector-sums-simd.ts';
import type { Source } from '../../storage/source.ts';

export interface DecompressWorkerData {
  readonly pool: FramePoolHandle;
  /** The pool's memory, when it was made for sums (memory/sector-sums-simd.ts). */
  readonly memory: SharedMemory | undefined;
}

/** The file of a frame: for words, and to read it by. */
export type FrameFile = Pick<Source, 'name' | 'descriptor'>;

/** Main -> worker; the slot belongs to the worker until the answer. */
export type DecompressJob =
  /** A whole zstd frame, its raw bytes wanted in the slot; without a descriptor it stands in the slot already. */
  | {
      readonly job: 'frame';
      readonly slot: number;
      readonly frame: PlannedFrame;
      readonly file: FrameFile;
      readonly sums: boolean;
    }
  /** The slot holds raw bytes: only their sector sums are wanted. */
  | { readonly job: 'sums'; readonly slot: number; readonly bytes: number }
  /** The next piece of a stream; its raw bytes shall be added behind the `filled` ones of the slot. */
  | {
      readonly job: 'stream';
      readonly stream: number;
      /** On shared memory. */
      readonly input: Uint8Array;
      readonly slot: number;
      readonly filled: number;
    }
  /** The stream is over: its context may hold a window of 128 MiB. */
  | { readonly job: 'end-stream'; readonly stream: number };

/** Worker -> main. */
export interface DecompressDone {
  /** Why a frame could not be had. */
  readonly failure?: FailureFields;
  /** Of a stream, zstd's own words. */
  readonly error?: string;
  /** Streams only: raw bytes made, bytes of the input used, and 0 for `wanted` at the end of a frame. */
  readonly produced: number;
  readonly consumed: number;
  readonly wanted: number;
}

/** Where in a slot the sector sums of its raw bytes stand. */
export function sumsOffset(frameSize: number): number {
  return Math.ceil(frameSize / 64) * 64;
}
