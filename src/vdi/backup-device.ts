// The service of one virtual device during BACKUP: fetch a command, do what it says, complete it, until
// the server closes the device. Runs on the device's own thread and blocks it.

import type { FramePool } from '../frame-pool.ts';
import type { DeviceCalls } from './device-calls.ts';
import type { DeviceMonitor } from './device-monitor.ts';
import { describeHresult } from './hresult.ts';
import type { DeviceCommand } from './struct-layout.ts';
import {
  ERROR_IO_DEVICE,
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  ERROR_SUCCESS,
  NOERROR,
  VD_E_ABORT,
  VD_E_CLOSE,
  VDC_ClearError,
  VDC_Complete,
  VDC_Flush,
  VDC_Write,
} from './vdi-constants.ts';

/** How a command is completed. */
interface Completion {
  readonly win32: number;
  readonly bytes: number;
}

export interface ServiceEnd {
  readonly how: 'closed' | 'aborted' | 'failed';
  readonly hresult: number;
  readonly reason?: string;
  readonly completed: boolean;
}

export class BackupDevice {
  readonly #calls: DeviceCalls;
  readonly #device: bigint;
  readonly #pool: FramePool;
  readonly #monitor: DeviceMonitor;
  readonly #maxTransferSize: number;
  /** The slot being filled, -1 when there is none, and the bytes in it. */
  #slot = -1;
  #filled = 0;
  #completed = false;

  constructor(
    calls: DeviceCalls,
    device: bigint,
    pool: FramePool,
    monitor: DeviceMonitor,
    maxTransferSize: number,
  ) {
    this.#calls = calls;
    this.#device = device;
    this.#pool = pool;
    this.#monitor = monitor;
    this.#maxTransferSize = maxTransferSize;
  }

  serve(): ServiceEnd {
    for (;;) {
      this.#monitor.activity('awaiting-command');
      const { hresult, command } = this.#calls.getCommand(this.#device);
      if (hresult !== NOERROR) return this.#end(hresult);
      if (command === 0n) return this.#broken('GetCommand gave no command');
      const reason = this.#answer(command);
      if (reason) return this.#broken(reason);
    }
  }

  #broken(reason: string): ServiceEnd {
    return { how: 'failed', hresult: NOERROR, reason, completed: this.#completed };
  }

  /** Every fetched command is completed exactly once, whatever happens. Returns what broke the contract. */
  #answer(command: bigint): string | undefined {
    this.#monitor.activity('moving-bytes');
    const { code, size, buffer } = this.#calls.readCommand(command);
    const broken = this.#validate({ code, size, buffer });
    const { win32, bytes } = broken
      ? { win32: ERROR_IO_DEVICE, bytes: 0 }
      : this.#perform({ code, size, buffer });
    const hresult = this.#calls.completeCommand(this.#device, command, win32, bytes);
    if (win32 !== ERROR_SUCCESS && win32 !== ERROR_NOT_SUPPORTED)
      this.#monitor.commandFailed(win32);
    if (broken) return broken;
    if (hresult !== NOERROR && hresult !== VD_E_ABORT)
      return `CompleteCommand answered ${describeHresult(hresult)}`;
    if (code === VDC_Flush || code === VDC_Complete)
      this.#completed = win32 === ERROR_SUCCESS && hresult === NOERROR;
    else if (code === VDC_Write) this.#completed = false;
    return undefined;
  }

  /** SQL Server is believed, but not with our memory. */
  #validate({ code, size, buffer }: DeviceCommand): string | undefined {
    if (code !== VDC_Write) return undefined;
    if (size < 0 || size > this.#maxTransferSize) {
      return `a write of ${size} bytes, but the transfer size is ${this.#maxTransferSize}`;
    }
    return size > 0 && buffer === 0n ? 'a write without a buffer' : undefined;
  }

  #perform({ code, size, buffer }: DeviceCommand): Completion {
    // ClearError makes a damaged stream no better: the failure stays remembered in the monitor.
    if (code === VDC_ClearError) return { win32: ERROR_SUCCESS, bytes: 0 };
    const failure = this.#monitor.failCode;
    if (failure !== ERROR_SUCCESS) return { win32: failure, bytes: 0 };
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

  #write(buffer: bigint, size: number): Completion {
    const { frameSize } = this.#pool.handle;
    for (let done = 0; done < size; ) {
      if (this.#slot < 0 && !this.#acquire()) return { win32: this.#abortCode(), bytes: done };
      const bytes = Math.min(size - done, frameSize - this.#filled);
      this.#calls.copyOut(
        this.#pool.bytes(this.#slot).subarray(this.#filled),
        buffer + BigInt(done),
        bytes,
      );
      done += bytes;
      this.#filled += bytes;
      if (this.#filled === frameSize) this.#giveFrame();
    }
    return { win32: ERROR_SUCCESS, bytes: size };
  }

  #acquire(): boolean {
    this.#slot = this.#pool.acquire(() => this.#monitor.failCode !== ERROR_SUCCESS);
    this.#filled = 0;
    return this.#slot >= 0;
  }

  #giveFrame(): void {
    if (this.#slot < 0) return;
    this.#monitor.frame(this.#slot, this.#filled);
    this.#slot = -1;
  }

  #barrier(kind: 'flush' | 'complete'): number {
    this.#giveFrame();
    return this.#monitor.awaitBarrier(kind);
  }

  #abortCode(): number {
    return this.#monitor.failCode || ERROR_OPERATION_ABORTED;
  }

  #end(hresult: number): ServiceEnd {
    // A server without VDC_Complete may end with bytes after its last Flush; they are part of the stream.
    if (hresult === VD_E_CLOSE) this.#giveFrame();
    const how = hresult === VD_E_CLOSE ? 'closed' : hresult === VD_E_ABORT ? 'aborted' : 'failed';
    return { how, hresult, completed: this.#completed };
  }
}
