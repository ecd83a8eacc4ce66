// Entry of a decompress worker: zstd frames of slots into raw bytes in the same slots, checksums verified
// by zstd itself; and sector sums, because the bytes are in this core's cache now.

import { parentPort, workerData } from 'node:worker_threads';
import zstd from 'zstd-napi/binding.js';
import { asError } from '../errors.ts';
import { FramePool } from '../frame-pool.ts';
import { sectorBytes, sumSectors } from '../sector-sums.ts';
import { simdSummer } from '../sector-sums-simd.ts';
import {
  type DecompressDone,
  type DecompressJob,
  type DecompressWorkerData,
  sumsOffset,
} from './decompress-protocol.ts';

type Outcome = Omit<DecompressDone, 'id'>;
type JobOf<Name extends DecompressJob['job']> = Extract<DecompressJob, { job: Name }>;

const { pool: handle, memory } = workerData as DecompressWorkerData;
const pool = new FramePool(handle);
const context = new zstd.DCtx();
/** Undefined where the pool's memory is not WebAssembly's: then the plain way. */
const fastSum = memory && simdSummer(memory);
const streams = new Map<number, zstd.DCtx>();
/** A frame cannot be decompressed onto itself: it is moved out of its slot first. */
const frame = new Uint8Array(handle.slotCapacity);

function decompress({ slot, frameBytes, rawBytes, sums }: JobOf<'frame'>): Outcome {
  const bytes = pool.bytes(slot);
  frame.set(bytes.subarray(0, frameBytes));
  const raw = bytes.subarray(0, rawBytes);
  const produced = context.decompress(raw, frame.subarray(0, frameBytes));
  if (sums) sum(slot, produced);
  return { produced, consumed: frameBytes, wanted: 0 };
}

function sum(slot: number, bytes: number): void {
  const { memory: shared, slotCapacity, frameSize } = handle;
  const at = slot * slotCapacity;
  const sumsAt = at + sumsOffset(frameSize);
  const sectors = Math.floor(bytes / sectorBytes);
  if (fastSum) fastSum(at, sectors, sumsAt);
  else
    sumSectors(
      new Int32Array(shared, at, bytes >> 2),
      sectors,
      new Int32Array(shared, sumsAt, sectors),
    );
}

/** As much as the input gives or the slot takes. */
function stream({ stream: id, input, slot, filled }: JobOf<'stream'>): Outcome {
  const target = pool.bytes(slot).subarray(filled, handle.frameSize);
  const decoder = streams.get(id) ?? new zstd.DCtx();
  streams.set(id, decoder);
  let [consumed, produced, wanted] = [0, 0, 0];
  for (;;) {
    const rest = input.subarray(consumed);
    const [hint, made, used] = decoder.decompressStream(target.subarray(produced), rest);
    consumed += used;
    produced += made;
    wanted = hint;
    // Between two frames an empty input would be taken for the beginning of the next one.
    const paused = consumed === input.length && (made === 0 || hint === 0);
    if (paused || produced === target.length || (made === 0 && used === 0)) break;
  }
  return { produced, consumed, wanted };
}

function perform(job: DecompressJob): Outcome {
  switch (job.job) {
    case 'frame':
      return decompress(job);
    case 'sums':
      sum(job.slot, job.bytes);
      return { produced: job.bytes, consumed: 0, wanted: 0 };
    case 'stream':
      return stream(job);
  }
}

parentPort?.on('message', (job: DecompressJob) => {
  let outcome: Outcome;
  try {
    outcome = perform(job);
  } catch (thrown) {
    outcome = { error: asError(thrown).message, produced: 0, consumed: 0, wanted: 0 };
  }
  parentPort?.postMessage({ id: job.id, ...outcome } satisfies DecompressDone);
});
