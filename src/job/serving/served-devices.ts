// The virtual devices of one statement and everything that can end them: the server closing them, an abort
// from any side, a file that fails. Keeps the rule that SignalAbort happens the moment the abort is raised,
// before anybody has awaited anything.

import type { Abort } from '../../base/abort.ts';
import { within } from '../../base/deadline.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { Failure, internalError } from '../../base/errors.ts';
import { describeHresult } from '../../vdi/hresult.ts';
import { completeEnabled } from '../../vdi/threaded-device-set.ts';
import type {
  DeviceConfiguration,
  DeviceConsumer,
  DeviceEnd,
  RestoreConsumer,
  VirtualDeviceSet,
} from '../../vdi/virtual-device-set.ts';
import {
  type DeviceSetAction,
  type DeviceSetEvent,
  type DeviceSetState,
  nextOf,
} from './device-set-states.ts';

/** How long SQL Server's own words may lag behind the abort it caused, ms. */
export const serverWordsMs = 3000;

/** How long devices may take to say, after SignalAbort, how far they had come, ms. */
const leavingMs = 1000;

export class ServedDevices {
  readonly set: VirtualDeviceSet;
  readonly #abort: Abort;
  readonly #completionCode: (failure: Error) => number;
  readonly #forgetAbort: () => void;
  #state: DeviceSetState = 'made';
  readonly #restored: Deferred<void> = deferred();
  /** The device whose file failed: its command tells SQL Server why. */
  #failing: { device: number; win32: number } | undefined;

  /** `completionCode` is the Win32 code that tells SQL Server why a command failed. */
  constructor(set: VirtualDeviceSet, abort: Abort, completionCode: (failure: Error) => number) {
    this.set = set;
    this.#abort = abort;
    this.#completionCode = completionCode;
    this.#forgetAbort = abort.onAbort(() => this.#happens('abort'));
  }

  /** The pipeline's first failure of a device: the root cause, unless there was one before. */
  readonly fileFailed = (device: number, failure: Error): void => {
    this.#failing ??= { device, win32: this.#completionCode(failure) };
    this.#abort.raise(failure);
  };

  /** Serves every device; `consumer` gets each end first. */
  serve(consumer: DeviceConsumer | RestoreConsumer): void {
    this.#happens('serve');
    this.set.serve({
      ...consumer,
      end: (end) => {
        consumer.end(end);
        this.#happens(`device-${end.how}`, end);
      },
    });
  }

  /** SQL Server has reported success. */
  statementSucceeded(): void {
    if (this.#isRestore) this.#restored.resolve();
    this.#happens('statement-succeeded');
  }

  /**
   * Settles when all devices have ended and the verdict is SQL Server's: each was closed, or was aborted, by whomever,
   * after all it had been given was durable and answered so, or after a restore that succeeded. Throws the root cause
   * otherwise.
   */
  async closed(): Promise<readonly DeviceEnd[]> {
    const ends = await this.#ends();
    if (!ends.every((end) => end.how === 'closed' || end.completed))
      await this.#abort.race(this.#restored.promise);
    return ends;
  }

  /** An abort may come too late for the devices: SQL Server counts on what it was told to be durable. */
  async #ends(): Promise<readonly DeviceEnd[]> {
    try {
      return await this.#abort.race(this.set.ended);
    } catch (cause) {
      const ends = (await within(this.set.ended, leavingMs, { ref: false })) ?? [];
      if (ends.length > 0 && ends.every(({ completed }) => completed)) return ends;
      throw cause;
    }
  }

  /**
   * Whether SQL Server was told of every device that all of it is durable: then it may count on the backup. Where it sends
   * no VDC_Complete, any Flush may be the last.
   */
  assured(completeExpected: boolean): boolean {
    return this.set.deviceNames.every((_, device) => {
      const assurance = this.set.assurance(device);
      return completeExpected ? assurance === 'complete' : assurance !== 'none';
    });
  }

  /** After `closed`: the set's memory goes, and an abort does not concern it any more. */
  close(): void {
    this.#forgetAbort();
    this.set.close();
  }

  /** What the devices are doing now, each word once. */
  get activities(): string {
    const activities = this.set.deviceNames.map((_, device) => this.set.activity(device));
    return [...new Set(activities)].join(', ');
  }

  /** What the devices were given is SQL Server's affair, and so is how they end once it has succeeded. */
  get #isRestore(): boolean {
    return this.set.direction === 'restore';
  }

  #happens(event: DeviceSetEvent, end?: DeviceEnd): void {
    const [next, action] = nextOf(this.#state, event);
    this.#state = next;
    this.#actions[action](end);
  }

  readonly #actions: Readonly<Record<DeviceSetAction, (end?: DeviceEnd) => void>> = {
    none: () => undefined,
    'signal-abort': () => void this.set.abort(this.#failing),
    'end-set': () => void this.set.abort(),
    'await-words': (end) => this.#awaitWords(expectedEnd(end)),
    'await-devices': () => this.#awaitDevices(),
    'raise-broken': (end) => this.#abort.raise(brokenDevice(expectedEnd(end))),
    'raise-server-abort': (end) => this.#abort.raise(serverAbort(expectedEnd(end))),
    'raise-unused': () => this.#abort.raise(unusedDevices()),
  };

  #awaitWords(end: DeviceEnd): void {
    const isWhole = end.completed || this.#isRestore;
    setTimeout(
      () => this.#happens(isWhole ? 'no-words-whole' : 'no-words-short', end),
      serverWordsMs,
    );
  }

  #awaitDevices(): void {
    const overdue = setTimeout(() => this.#happens('devices-overdue'), serverWordsMs);
    void this.set.ended.then(() => clearTimeout(overdue));
  }
}

function expectedEnd(end: DeviceEnd | undefined): DeviceEnd {
  if (!end) throw internalError('the end of a device', 'none');
  return end;
}

function brokenDevice({ device, hresult, reason }: DeviceEnd): Failure {
  const why = reason ?? `GetCommand answered ${describeHresult(hresult)}`;
  return new Failure('device-failed', `virtual device ${device} broke off: ${why}`, {
    hints: ['Run again; if it repeats, report it with the versions of SQL Server and vdibackup.'],
  });
}

function unusedDevices(): Failure {
  return new Failure(
    'devices-unused',
    'SQL Server reported success, but never used the virtual devices',
    { hints: ["Did another instance get the statement? Look at SQL Server's error log."] },
  );
}

function serverAbort({ device, hresult }: DeviceEnd): Failure {
  return new Failure(
    'server-abort',
    `SQL Server aborted virtual device ${device} without a message: ${describeHresult(hresult)}`,
    {
      hints: ["Look at SQL Server's error log for the time of this run."],
    },
  );
}

export function configuredEvent(configuration: DeviceConfiguration) {
  const { deviceCount, blockSize, maxTransferSize } = configuration;
  return {
    event: 'configured',
    devices: deviceCount,
    blockSize,
    transferSize: maxTransferSize,
    completeEnabled: completeEnabled(configuration),
  } as const;
}
