// The service of one virtual device, whatever the direction: fetch a command, do what it says, complete it, until
// the server closes the device. Runs on the device's own thread and blocks it. What a command means is the
// subclass's: backup-device.ts, restore-device.ts.

import {
  ERROR_HANDLE_EOF,
  ERROR_IO_DEVICE,
  ERROR_NOT_SUPPORTED,
  ERROR_SUCCESS,
} from '../base/platform/win32.ts';
import type { FramePool } from '../memory/frame-pool.ts';
import type { DeviceCalls } from './device-calls.ts';
import type { DeviceMonitor } from './device-monitor.ts';
import { describeHresult } from './hresult.ts';
import type { DeviceCommand } from './struct-layout.ts';
import {
  NOERROR,
  VD_E_ABORT,
  VD_E_CLOSE,
  VDC_ClearError,
  VDC_Complete,
  VDC_Flush,
} from './vdi-constants.ts';

/** How a command is completed. */
export interface Completion {
  readonly win32: number;
  readonly bytes: number;
}

interface ServiceEnd {
  readonly how: 'closed' | 'aborted' | 'failed';
  readonly hresult: number;
  readonly reason?: string;
  readonly completed: boolean;
}

/** Codes with which a command ends while all is well. */
const ordinary: readonly number[] = [ERROR_SUCCESS, ERROR_NOT_SUPPORTED, ERROR_HANDLE_EOF];

export abstract class DeviceService {
  protected readonly calls: DeviceCalls;
  protected readonly pool: FramePool;
  protected readonly monitor: DeviceMonitor;
  readonly #device: bigint;
  readonly #maxTransferSize: number;
  #completed = false;

  constructor(
    calls: DeviceCalls,
    device: bigint,
    pool: FramePool,
    monitor: DeviceMonitor,
    maxTransferSize: number,
  ) {
    this.calls = calls;
    this.pool = pool;
    this.monitor = monitor;
    this.#device = device;
    this.#maxTransferSize = maxTransferSize;
  }

  /** The command that moves bytes: VDC_Write or VDC_Read. */
  protected abstract readonly transfer: number;

  /** Does what a valid command says; neither ClearError nor anything after a failure comes here. */
  protected abstract perform(command: DeviceCommand): Completion;

  /** The server closed the device. */
  protected abstract closed(): void;

  serve(): ServiceEnd {
    for (;;) {
      this.monitor.activity('awaiting-command');
      const { hresult, command } = this.calls.getCommand(this.#device);
      if (hresult !== NOERROR) return this.#end(hresult);
      if (command === 0n) return this.#broken('GetCommand gave no command');
      const reason = this.#answer(command);
      if (reason) return this.#broken(reason);
    }
  }

  /** Every fetched command is completed exactly once, whatever happens. Returns what broke the contract. */
  #answer(address: bigint): string | undefined {
    this.monitor.activity('moving-bytes');
    const command = this.calls.readCommand(address);
    const broken = this.#validate(command);
    const { win32, bytes } = broken ? { win32: ERROR_IO_DEVICE, bytes: 0 } : this.#perform(command);
    const hresult = this.calls.completeCommand(this.#device, address, win32, bytes);
    if (!ordinary.includes(win32)) this.monitor.commandFailed(win32);
    if (broken) return broken;
    if (hresult !== NOERROR && hresult !== VD_E_ABORT)
      return `CompleteCommand answered ${describeHresult(hresult)}`;
    this.#remember(command.code, win32 === ERROR_SUCCESS && hresult === NOERROR);
    return undefined;
  }

  #remember(code: number, success: boolean): void {
    if (code === VDC_Flush || code === VDC_Complete) this.#completed = success;
    else if (code === this.transfer) this.#completed = false;
    else return;
    this.monitor.assured(this.#completed ? code : 0);
  }

  /** SQL Server is believed, but not with anybody's memory. */
  #validate({ code, size, buffer }: DeviceCommand): string | undefined {
    if (code !== this.transfer) return undefined;
    if (size < 0 || size > this.#maxTransferSize)
      return `a transfer of ${size} bytes, but the transfer size is ${this.#maxTransferSize}`;
    return size > 0 && buffer === 0n ? 'a transfer without a buffer' : undefined;
  }

  #perform(command: DeviceCommand): Completion {
    // ClearError makes nothing better: the failure stays remembered in the monitor.
    if (command.code === VDC_ClearError) return { win32: ERROR_SUCCESS, bytes: 0 };
    const failure = this.monitor.failCode;
    return failure === ERROR_SUCCESS ? this.perform(command) : { win32: failure, bytes: 0 };
  }

  #broken(reason: string): ServiceEnd {
    return { how: 'failed', hresult: NOERROR, reason, completed: this.#completed };
  }

  #end(hresult: number): ServiceEnd {
    if (hresult === VD_E_CLOSE) this.closed();
    const how = hresult === VD_E_CLOSE ? 'closed' : hresult === VD_E_ABORT ? 'aborted' : 'failed';
    return { how, hresult, completed: this.#completed };
  }
}
