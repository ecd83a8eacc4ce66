// A stored backup in memory. It refuses reads that could only come from a length that was believed unchecked.

import assert from 'node:assert/strict';
import { maxTrailerFrameBytes } from '../../src/archive/trailer.ts';
import type { Source } from '../../src/storage/source.ts';

export class ByteSource implements Source {
  readonly name = 'fuzzed.bak.zst';
  readonly seekable: boolean;
  readonly bytes: number;
  readonly descriptor = undefined;
  readonly #bytes: Uint8Array;

  /** One that is not seekable does not know its length, as standard input. */
  constructor(bytes: Uint8Array, seekable: boolean) {
    this.#bytes = bytes;
    this.seekable = seekable;
    this.bytes = seekable ? bytes.length : Number.MAX_SAFE_INTEGER;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const most = Math.max(this.#bytes.length, maxTrailerFrameBytes);
    assert.ok(target.length <= most, `${target.length} bytes allocated for a file of ${most}`);
    const part = this.#bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  async close(): Promise<void> {}
}
