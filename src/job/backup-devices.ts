// The virtual devices of one backup and everything that can end them: the server closing them, an abort
// from any side, a file that cannot be written. Keeps the rule that SignalAbort happens the moment the
// abort is raised, before anybody has awaited anything.

import type { Abort } from '../abort.ts';
import { Failure } from '../errors.ts';
import type { BackupPipeline } from '../pipeline/backup-pipeline.ts';
import { completionCode } from '../pipeline/backup-pipeline.ts';
import { describeHresult } from '../vdi/hresult.ts';
import type { DeviceConsumer, DeviceEnd, VirtualDeviceSet } from '../vdi/virtual-device-set.ts';

/** How long SQL Server's own words may lag behind the abort it caused, ms. */
export const serverWordsMs = 3000;

export class BackupDevices {
  readonly set: VirtualDeviceSet;
  readonly #abort: Abort;
  /** The device whose file failed: its command tells SQL Server why. */
  #failing: { device: number; win32: number } | undefined;

  constructor(set: VirtualDeviceSet, abort: Abort) {
    this.set = set;
    this.#abort = abort;
    abort.onAbort(() => void set.abort(this.#failing));
  }

  /** The pipeline's first failure of a device: the root cause, unless there was one before. */
  readonly fileFailed = (device: number, failure: Error): void => {
    this.#failing ??= { device, win32: completionCode(failure) };
    this.#abort.raise(failure);
  };

  /** Serves every device until the server has closed all of them. Throws the root cause otherwise. */
  async serve(pipeline: BackupPipeline): Promise<void> {
    const consumer: DeviceConsumer = {
      frame: (device, slot, bytes) => pipeline.frame(device, slot, bytes),
      barrier: (device) => pipeline.barrier(device),
      end: (end) => this.#ended(end),
    };
    this.set.serve(consumer);
    const ends = await this.#abort.race(this.set.ended);
    if (ends.some((end) => end.how !== 'closed'))
      await this.#abort.race(new Promise(() => undefined));
  }

  /** A device that ended by itself, not by our abort, is the first sign of a server-side failure. */
  #ended(end: DeviceEnd): void {
    if (end.how === 'closed' || this.#abort.cause) return;
    // SQL Server aborted? Its message is the root cause and arrives on the other wire, a little later.
    if (end.how === 'failed') this.#abort.raise(brokenDevice(end));
    else setTimeout(() => this.#abort.raise(serverAbort(end)), serverWordsMs);
  }
}

function brokenDevice({ device, hresult, reason }: DeviceEnd): Failure {
  const why = reason ?? `GetCommand answered ${describeHresult(hresult)}`;
  return new Failure(
    'unclassified',
    'device-failed',
    `virtual device ${device} broke off: ${why}`,
    {
      hints: ['Run again; if it repeats, report it with the versions of SQL Server and vdibackup.'],
    },
  );
}

function serverAbort({ device, hresult }: DeviceEnd): Failure {
  return new Failure(
    'sql-statement',
    'server-abort',
    `SQL Server aborted virtual device ${device} without a message: ${describeHresult(hresult)}`,
    {
      hints: ["Look at SQL Server's error log for the time of this run."],
    },
  );
}
