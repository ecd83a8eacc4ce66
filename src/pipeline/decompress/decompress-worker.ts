// Entry of a decompress worker: zstd frames of a file into raw bytes in slots, checksums verified by zstd itself; and
// sector sums, because the bytes are in this core's cache now. It reads the file itself where it can: that spares the
// main thread a call and the machine two changes of thread for each frame.

import { parentPort, workerData } from 'node:worker_threads';
import zstd from 'zstd-napi/binding.js';
import {
  badFrame,
  checkFrame,
  cutFrame,
  placeOf,
  strayPart,
} from '../../archive/reader/frame-check.ts';
import { asError, Failure } from '../../base/errors.ts';
import { FramePool } from '../../memory/frame-pool.ts';
import { sectorBytes, sumSectors } from '../../memory/sector-sums.ts';
import { simdSummer } from '../../memory/sector-sums-simd.ts';
import { readDescriptor } from '../../storage/file/file-source.ts';
import { damaged } from '../../storage/io-failure.ts';
import { FrameBeginning } from '../../zstd/frame-beginning.ts';
import type { Numbered } from '../worker-pool.ts';
import {
  type DecompressDone,
  type DecompressJob,
  type DecompressWorkerData,
  sumsOffset,
} from './decompress-protocol.ts';

type JobOf<Name extends DecompressJob['job']> = Extract<DecompressJob, { job: Name }>;

const { pool: handle, memory } = workerData as DecompressWorkerData;
const pool = new FramePool(handle);
const context = new zstd.DCtx();
/** Undefined where the pool's memory is not WebAssembly's: then the plain way. */
const fastSum = memory && simdSummer(memory);
const streams = new Map<number, { context: zstd.DCtx; beginning: FrameBeginning }>();
/** Of a stream that is over. Kept for the next one: when the memory of one is given back is the garbage collector's. */
let spare: zstd.DCtx | undefined;
const strayWords = `what stands there ${strayPart}`;
/** A frame cannot be decompressed onto itself: it is read into here, or moved out of its slot first. */
const compressed = new Uint8Array(handle.slotCapacity);

function decompress(job: JobOf<'frame'>): void {
  const { slot, frame: planned, file, sums } = job;
  const frame = compressed.subarray(0, planned.bytes);
  fetchFrame(job, frame);
  checkFrame(frame, planned, file.name);
  const produced = produce(job, frame);
  if (produced !== planned.rawBytes) {
    const said = `holds ${produced} raw bytes, not ${planned.rawBytes}`;
    throw badFrame(planned, said, file.name);
  }
  if (sums) sum(slot, produced);
}

function fetchFrame({ slot, frame: planned, file }: JobOf<'frame'>, frame: Uint8Array): void {
  const { name, descriptor } = file;
  if (descriptor === undefined) frame.set(pool.bytes(slot).subarray(0, frame.length));
  else if (readDescriptor(descriptor, name, frame, planned.offset) < frame.length)
    throw cutFrame(planned, name);
}

function produce({ slot, frame: planned, file }: JobOf<'frame'>, frame: Uint8Array): number {
  try {
    return context.decompress(pool.bytes(slot).subarray(0, planned.rawBytes), frame);
  } catch (thrown) {
    const what = `${placeOf(planned)}: ${asError(thrown).message}`;
    throw damaged(file.name, what, { offset: planned.offset });
  }
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

function openStream(id: number) {
  const decoder = { context: spare ?? new zstd.DCtx(), beginning: new FrameBeginning() };
  spare = undefined;
  streams.set(id, decoder);
  return decoder;
}

function endStream({ stream: id }: JobOf<'end-stream'>): void {
  spare = streams.get(id)?.context ?? spare;
  streams.delete(id);
  spare?.reset(zstd.ResetDirective.sessionOnly);
}

/** As much as the input gives or the slot takes. */
function stream({ stream: id, input, slot, filled }: JobOf<'stream'>): DecompressDone {
  const target = pool.bytes(slot).subarray(filled, handle.frameSize);
  const decoder = streams.get(id) ?? openStream(id);
  let [consumed, produced, wanted] = [0, 0, 0];
  for (;;) {
    const rest = input.subarray(consumed);
    const [hint, made, used] = decoder.context.decompressStream(target.subarray(produced), rest);
    if (decoder.beginning.isStray(rest.subarray(0, used), hint === 0)) throw new Error(strayWords);
    consumed += used;
    produced += made;
    wanted = hint;
    // Between two frames an empty input would be taken for the beginning of the next one.
    const paused = consumed === input.length && (made === 0 || hint === 0);
    if (paused || produced === target.length || (made === 0 && used === 0)) break;
  }
  return { produced, consumed, wanted };
}

/** What a file holds wrong is an answer; anything else thrown is a defect, and ends the thread and the run. */
function perform(job: DecompressJob): DecompressDone {
  try {
    switch (job.job) {
      case 'frame':
        decompress(job);
        return nothing;
      case 'sums':
        sum(job.slot, job.bytes);
        return nothing;
      case 'stream':
        return stream(job);
      case 'end-stream':
        endStream(job);
        return nothing;
    }
  } catch (thrown) {
    if (thrown instanceof Failure) return { ...nothing, failure: thrown.fields };
    if (job.job === 'stream') return { ...nothing, error: asError(thrown).message };
    throw thrown;
  }
}

/** What a job answers that is no stream. */
const nothing: DecompressDone = { produced: 0, consumed: 0, wanted: 0 };

parentPort?.on('message', (job: Numbered<DecompressJob>) => {
  parentPort?.postMessage({ ...perform(job), id: job.id } satisfies Numbered<DecompressDone>);
});
