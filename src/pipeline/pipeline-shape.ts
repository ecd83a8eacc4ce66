// How much memory a job takes, decided once, from the threads and devices it has and nothing else.

import { MiB } from '../base/byte-size.ts';
import { sectorSumsBytes } from '../memory/sector-sums.ts';
import { compressBound } from '../zstd/frame-header.ts';
import { sumsOffset } from './decompress/decompress-protocol.ts';

/** Raw bytes of a frame (docs/archive-format.md, "Header", `frameSize`). Larger gains no ratio at window sizes of everyday levels. */
export const defaultFrameSize = 4 * MiB;

/** A frame must hold a useful window even when 64 devices share the memory. */
const smallestFrameSize = MiB;

/** What half-filled frames of all devices together may take, in bytes: many stripes get smaller frames instead. */
const deviceBudget = 64 * MiB;

/** Slots a compress worker keeps busy: one under its hands, one in its queue, one being written. */
const slotsPerThread = 3;

interface PipelineShape {
  readonly frameSize: number;
  readonly slotCount: number;
  readonly slotCapacity: number;
}

/**
 * Every device may hold one slot that is not full yet, so there must be more slots than devices, or
 * all of them wait for each other.
 */
export function pipelineShape(devices: number, threads: number): PipelineShape {
  const slotCount = devices + threads * slotsPerThread;
  let frameSize = defaultFrameSize;
  while (frameSize > smallestFrameSize && devices * frameSize > deviceBudget) frameSize /= 2;
  return { frameSize, slotCount, slotCapacity: compressBound(frameSize) };
}

/** The shape of a job that reads `stripes` stored backups at the same time: slots also hold sector sums. */
export function readShape(stripes: number, threads: number): PipelineShape {
  const { frameSize, slotCount } = pipelineShape(stripes, threads);
  const sums = sumsOffset(frameSize) + sectorSumsBytes(frameSize);
  return { frameSize, slotCount, slotCapacity: Math.max(compressBound(frameSize), sums) };
}
