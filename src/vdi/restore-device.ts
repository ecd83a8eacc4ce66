// One virtual device during RESTORE: a Read is filled whole from the slots that the main thread feeds.
// A server that closes early has read enough (RESTORE FILELISTONLY): that is a normal end.

import {
  ERROR_HANDLE_EOF,
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  ERROR_SUCCESS,
} from '../base/platform/win32.ts';
import { type Completion, DeviceService } from './device-service.ts';
import type { DeviceCommand } from './struct-layout.ts';
import { VDC_Complete, VDC_Read } from './vdi-constants.ts';

export class RestoreDevice extends DeviceService {
  protected readonly transfer = VDC_Read;
  /** The slot being read, -1 when there is none, and the bytes in it; `#taken` of them are with the server. */
  #slot = -1;
  #filled = 0;
  #taken = 0;
  /** Win32 code of every further Read: the end of the source, or its failure. ClearError does not change it. */
  #over = ERROR_SUCCESS;

  protected perform({ code, size, buffer }: DeviceCommand): Completion {
    switch (code) {
      case VDC_Read:
        return this.#read(buffer, size);
      case VDC_Complete:
        return { win32: ERROR_SUCCESS, bytes: 0 };
      default:
        return { win32: ERROR_NOT_SUPPORTED, bytes: 0 };
    }
  }

  protected closed(): void {
    // Nothing: what the server did not read it did not want.
  }

  /** Full, or the end of the source, or its failure; a short success would be read as an end. */
  #read(buffer: bigint, size: number): Completion {
    let done = 0;
    while (done < size) {
      if (this.#slot < 0 && !this.#nextSlot()) return this.#short(done);
      const bytes = Math.min(size - done, this.#filled - this.#taken);
      const source = this.pool.bytes(this.#slot).subarray(this.#taken, this.#taken + bytes);
      this.calls.copyIn(buffer + BigInt(done), source, bytes);
      done += bytes;
      this.#taken += bytes;
      if (this.#taken === this.#filled) this.#giveBack();
    }
    return { win32: ERROR_SUCCESS, bytes: size };
  }

  #short(done: number): Completion {
    const win32 = this.#over || this.monitor.failCode || ERROR_OPERATION_ABORTED;
    return { win32, bytes: win32 === ERROR_HANDLE_EOF ? done : 0 };
  }

  #nextSlot(): boolean {
    if (this.#over !== ERROR_SUCCESS) return false;
    const feed = this.monitor.nextFeed();
    this.monitor.activity('moving-bytes');
    if (feed?.kind === 'end') this.#over = ERROR_HANDLE_EOF;
    if (feed?.kind === 'failure') this.#over = feed.win32;
    if (feed?.kind !== 'piece') return false;
    this.#slot = feed.slot;
    this.#filled = feed.bytes;
    this.#taken = 0;
    return true;
  }

  #giveBack(): void {
    this.monitor.say({ from: 'consumed', slot: this.#slot });
    this.#slot = -1;
  }
}
