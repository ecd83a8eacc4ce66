// What reading stored backups takes, made once per job: a pool of slots and the threads that decompress.
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { FramePool } from '../../memory/frame-pool.ts';
import { sectorBytes } from '../../memory/sector-sums.ts';
import { sharedMemory } from '../../memory/sector-sums-simd.ts';
import { readShape } from '../pipeline-shape.ts';
import { DecompressPool } from './decompress-pool.ts';
import { sumsOffset } from './decompress-protocol.ts';
import { type RawPiece, RawReader } from './raw-reader.ts';
import { SlotShare } from './slot-share.ts';

interface ReadWishes {
  /** See RawReaderOptions. */
  readonly sums: boolean;
  readonly tolerant: boolean;
}

/** Reads stored backups one after the other. */
export class ReadPipeline {
  readonly #pool: FramePool;
  readonly #decompressor: DecompressPool;

  constructor(threads: number) {
    const shape = readShape(1, threads);
    const memory = sharedMemory(shape.slotCount * shape.slotCapacity);
    this.#pool = FramePool.create(
      shape.slotCount,
      shape.frameSize,
      shape.slotCapacity,
      memory?.buffer,
    );
    this.#decompressor = new DecompressPool(threads, this.#pool, memory);
  }

  /** A reader of one backup; the one before must have ended, all its slots given back. */
  read(backup: StoredBackup, { sums, tolerant }: ReadWishes): RawReader {
    return new RawReader(backup, {
      pool: this.#pool,
      share: new SlotShare(this.#pool, 1),
      stripe: 0,
      decompressor: this.#decompressor,
      sums,
      tolerant,
    });
  }

  /** The raw bytes of a piece, until its slot is given back. */
  bytes({ slot, bytes }: RawPiece): Uint8Array {
    return this.#pool.bytes(slot).subarray(0, bytes);
  }

  /** The sector sums of a piece that has them. */
  sums({ slot, bytes, summed }: RawPiece): Int32Array | undefined {
    if (!summed) return undefined;
    const { memory, slotCapacity, frameSize } = this.#pool.handle;
    const at = slot * slotCapacity + sumsOffset(frameSize);
    return new Int32Array(memory, at, Math.floor(bytes / sectorBytes));
  }

  close(): Promise<void> {
    return this.#decompressor.close();
  }
}
