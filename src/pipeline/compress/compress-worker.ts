// Entry of a compress worker: raw bytes of a slot in, one independent zstd frame in the same slot out.
// Independent frames, with content size and checksum, are what lets every core verify and restore them.

import { parentPort, workerData } from 'node:worker_threads';
import zstd from 'zstd-napi/binding.js';
import { FramePool } from '../../memory/frame-pool.ts';
import type { Numbered } from '../worker-pool.ts';
import type { CompressDone, CompressJob, CompressWorkerData } from './compress-protocol.ts';
import { setParameters } from './zstd-parameters.ts';

const { pool: handle, level } = workerData as CompressWorkerData;
const pool = new FramePool(handle);
// The frame is made beside the slot and copied back: zstd cannot compress in place, and a second
// buffer per worker costs less memory than a second one per slot.
const frame = new Uint8Array(handle.slotCapacity);
const context = new zstd.CCtx();
setParameters(context, level, handle.frameSize);

parentPort?.on('message', ({ id, slot, rawBytes }: Numbered<CompressJob>) => {
  const bytes = pool.bytes(slot);
  const frameBytes = context.compress2(frame, bytes.subarray(0, rawBytes));
  bytes.set(frame.subarray(0, frameBytes));
  parentPort?.postMessage({ id, frameBytes } satisfies Numbered<CompressDone>);
});
