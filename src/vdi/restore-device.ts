// The service of one virtual device during RESTORE: fetch a Read, fill all of it from the slots main feeds,
// complete it, until the server closes the device. Runs on the device's own thread and blocks it.
// A server that closes early has read enough (RESTORE FILELISTONLY): that is a normal end.

import type { FramePool } from '../frame-pool.ts';
import type { ServiceEnd } from './backup-device.ts';
import type { DeviceCalls } from './device-calls.ts';
import type { DeviceMonitor } from './device-monitor.ts';
import { describeHresult } from './hresult.ts';
import type { DeviceCommand } from './struct-layout.ts';
import {
  ERROR_HANDLE_EOF,
  ERROR_IO_DEVICE,
  ERROR_NOT_SUPPORTED,
  ERROR_OPERATION_ABORTED,
  ERROR_SUCCESS,
  NOERROR,
  VD_E_ABORT,
  VD_E_CLOSE,
  VDC_ClearError,
  VDC_Complete,
  VDC_Read,
} from './vdi-constants.ts';

interface Completion {
  readonly win32: number;
  readonly bytes: number;
}

export class RestoreDevice {
  readonly #calls: DeviceCalls;
  readonly #device: bigint;
  readonly #pool: FramePool;
  readonly #monitor: DeviceMonitor;
  readonly #maxTransferSize: number;
  /** The slot being read, -1 when there is none, and the bytes in it; `#taken` of them are with the server. */
  #slot = -1;
  #filled = 0;
  #taken = 0;
  /** Win32 code of every further Read: the end of the source, or its failure. */
  #over = ERROR_SUCCESS;
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
      const reason = this.#answer(command);
      if (reason) return { how: 'failed', hresult: NOERROR, reason, completed: this.#completed };
    }
  }

  /** Every fetched command is completed exactly once, whatever happens. Returns what broke the contract. */
  #answer(command: bigint): string | undefined {
    this.#monitor.activity('moving-bytes');
    const fetched = this.#calls.readCommand(command);
    const broken = this.#validate(fetched);
    const { win32, bytes } = broken ? { win32: ERROR_IO_DEVICE, bytes: 0 } : this.#perform(fetched);
    const hresult = this.#calls.completeCommand(this.#device, command, win32, bytes);
    if (!ordinary.includes(win32)) this.#monitor.commandFailed(win32);
    if (broken) return broken;
    if (hresult !== NOERROR && hresult !== VD_E_ABORT)
      return `CompleteCommand answered ${describeHresult(hresult)}`;
    if (fetched.code === VDC_Complete && win32 === ERROR_SUCCESS && hresult === NOERROR)
      this.#completed = true;
    return undefined;
  }

  /** SQL Server is believed, but not with its own memory: a wrong size would be written over. */
  #validate({ code, size, buffer }: DeviceCommand): string | undefined {
    if (code !== VDC_Read) return undefined;
    if (size < 0 || size > this.#maxTransferSize) {
      return `a read of ${size} bytes, but the transfer size is ${this.#maxTransferSize}`;
    }
    return size > 0 && buffer === 0n ? 'a read without a buffer' : undefined;
  }

  #perform({ code, size, buffer }: DeviceCommand): Completion {
    // ClearError makes a damaged source no better: `#over` and the monitor remember.
    if (code === VDC_ClearError) return { win32: ERROR_SUCCESS, bytes: 0 };
    const failure = this.#monitor.failCode;
    if (failure !== ERROR_SUCCESS) return { win32: failure, bytes: 0 };
    switch (code) {
      case VDC_Read:
        return this.#read(buffer, size);
      case VDC_Complete:
        return { win32: ERROR_SUCCESS, bytes: 0 };
      default:
        return { win32: ERROR_NOT_SUPPORTED, bytes: 0 };
    }
  }

  /** Full, or the end of the source, or its failure; a short success would be read as an end. */
  #read(buffer: bigint, size: number): Completion {
    let done = 0;
    while (done < size) {
      if (this.#slot < 0 && !this.#nextSlot()) return this.#short(done);
      const bytes = Math.min(size - done, this.#filled - this.#taken);
      const source = this.#pool.bytes(this.#slot).subarray(this.#taken, this.#taken + bytes);
      this.#calls.copyIn(buffer + BigInt(done), source, bytes);
      done += bytes;
      this.#taken += bytes;
      if (this.#taken === this.#filled) this.#giveBack();
    }
    return { win32: ERROR_SUCCESS, bytes: size };
  }

  #short(done: number): Completion {
    const win32 = this.#over || this.#monitor.failCode || ERROR_OPERATION_ABORTED;
    return { win32, bytes: win32 === ERROR_HANDLE_EOF ? done : 0 };
  }

  #nextSlot(): boolean {
    if (this.#over !== ERROR_SUCCESS) return false;
    const feed = this.#monitor.nextFeed();
    this.#monitor.activity('moving-bytes');
    if (feed?.kind === 'end') this.#over = ERROR_HANDLE_EOF;
    if (feed?.kind === 'failure') this.#over = feed.win32;
    if (feed?.kind !== 'piece') return false;
    this.#slot = feed.slot;
    this.#filled = feed.bytes;
    this.#taken = 0;
    return true;
  }

  #giveBack(): void {
    this.#monitor.say({ from: 'consumed', slot: this.#slot });
    this.#slot = -1;
  }

  #end(hresult: number): ServiceEnd {
    const how = hresult === VD_E_CLOSE ? 'closed' : hresult === VD_E_ABORT ? 'aborted' : 'failed';
    return { how, hresult, completed: this.#completed };
  }
}

/** Codes with which a command ends while all is well. */
const ordinary: readonly number[] = [ERROR_SUCCESS, ERROR_NOT_SUPPORTED, ERROR_HANDLE_EOF];
