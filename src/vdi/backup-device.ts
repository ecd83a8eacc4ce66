// One virtual device during BACKUP: Writes fill slots of the pool, Flush and Complete wait until all of them are durable.

import {
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  ERROR_SUCCESS,
} from '../base/platform/win32.ts';
import { type Completion, DeviceService } from './device-service.ts';
import type { DeviceCommand } from './struct-layout.ts';
import { VDC_Complete, VDC_Flush, VDC_Write } from './vdi-constants.ts';

export class BackupDevice extends DeviceService {
  protected readonly transfer = VDC_Write;
  /** The slot being filled, -1 when there is none, and the bytes in it. */
  #slot = -1;
  #filled = 0;

  protected perform({ code, size, buffer }: DeviceCommand): Completion {
    switch (code) {
      case VDC_Write:
        return this.#write(buffer, size);
      case VDC_Flush:
        return { win32: this.#barrier('flush'), bytes: 0 };
      case VDC_Complete:
        return { win32: this.#barrier('complete'), bytes: 0 };
      default:
        return { win32: ERROR_NOT_SUPPORTED, bytes: 0 };
    }
  }

  /** A server without VDC_Complete may end with bytes after its last Flush; they are part of the stream. */
  protected closed(): void {
    this.#giveFrame();
  }

  #write(buffer: bigint, size: number): Completion {
    const { frameSize } = this.pool.handle;
    for (let done = 0; done < size; ) {
      if (this.#slot < 0 && !this.#acquire()) return { win32: this.#abortCode(), bytes: done };
      const bytes = Math.min(size - done, frameSize - this.#filled);
      const target = this.pool.bytes(this.#slot).subarray(this.#filled);
      this.calls.copyOut(target, buffer + BigInt(done), bytes);
      done += bytes;
      this.#filled += bytes;
      if (this.#filled === frameSize) this.#giveFrame();
    }
    return { win32: ERROR_SUCCESS, bytes: size };
  }

  #acquire(): boolean {
    this.#slot = this.pool.acquire(() => this.monitor.failCode !== ERROR_SUCCESS);
    this.#filled = 0;
    return this.#slot >= 0;
  }

  #giveFrame(): void {
    if (this.#slot < 0) return;
    this.monitor.frame(this.#slot, this.#filled);
    this.#slot = -1;
  }

  #barrier(kind: 'flush' | 'complete'): number {
    this.#giveFrame();
    return this.monitor.awaitBarrier(kind);
  }

  #abortCode(): number {
    return this.monitor.failCode || ERROR_OPERATION_ABORTED;
  }
}
