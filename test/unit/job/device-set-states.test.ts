// Every row of the table of device set states, played on the real ServedDevices with a device set played by hand: the
// set is brought into the state, the event happens, and what was done is compared.

import assert from 'node:assert/strict';
import { mock, suite, test } from 'node:test';
import { Abort } from '../../../src/base/abort.ts';
import { deferred } from '../../../src/base/deferred.ts';
import { Failure } from '../../../src/base/errors.ts';
import {
  type DeviceSetEvent,
  type DeviceSetState,
  deviceSetTable,
} from '../../../src/job/serving/device-set-states.ts';
import { ServedDevices, serverWordsMs } from '../../../src/job/serving/served-devices.ts';
import type {
  DeviceConsumer,
  DeviceEnd,
  VirtualDeviceSet,
} from '../../../src/vdi/virtual-device-set.ts';

class PlayedSet {
  readonly direction = 'backup';
  readonly deviceNames = ['set'];
  readonly ended = deferred<readonly DeviceEnd[]>().promise;
  readonly abort = mock.fn(async () => undefined);
  consumer: DeviceConsumer | undefined;

  serve(consumer: DeviceConsumer): void {
    this.consumer = consumer;
  }

  end(how: DeviceEnd['how'], completed: boolean): void {
    this.consumer?.end({ device: 0, how, hresult: 0x80770004, completed });
  }
}

class Play {
  readonly set = new PlayedSet();
  readonly abort = new Abort();
  readonly devices = new ServedDevices(
    this.set as unknown as VirtualDeviceSet,
    this.abort,
    () => 1117,
  );

  reach(state: DeviceSetState): void {
    if (state === 'serving' || state === 'succeeded' || state === 'aborted') this.happen('serve');
    if (state === 'succeeded' || state === 'unused') this.happen('statement-succeeded');
    if (state === 'aborted') this.happen('abort');
  }

  happen(event: DeviceSetEvent): void {
    this.#events[event]();
  }

  readonly #events: Readonly<Record<DeviceSetEvent, () => void>> = {
    serve: () => this.devices.serve({ frame() {}, barrier: async () => 0, end() {} }),
    'statement-succeeded': () => this.devices.statementSucceeded(),
    'device-closed': () => this.set.end('closed', true),
    'device-failed': () => this.set.end('failed', false),
    'device-aborted': () => this.set.end('aborted', false),
    'no-words-whole': () => this.#abortWithoutWords(true),
    'no-words-short': () => this.#abortWithoutWords(false),
    'devices-overdue': () => mock.timers.tick(serverWordsMs),
    abort: () => this.abort.raise(new Failure('interrupted', 'interrupted')),
  };

  #abortWithoutWords(isWhole: boolean): void {
    this.set.end('aborted', isWhole);
    mock.timers.tick(serverWordsMs);
  }

  /** The cause of the run's abort, and how often the device set was aborted. */
  get seen(): string {
    const { cause } = this.abort;
    const code = cause instanceof Failure ? cause.code : 'none';
    return `${code} ${this.set.abort.mock.callCount()}`;
  }
}

/** State, event, what is seen at once, and what is seen once SQL Server has had its time for words. */
type Row = readonly [DeviceSetState, DeviceSetEvent, string, string];

const rows: readonly Row[] = [
  ['made', 'serve', 'none 0', 'none 0'],
  ['made', 'statement-succeeded', 'none 0', 'devices-unused 1'],
  ['made', 'abort', 'interrupted 1', 'interrupted 1'],
  // Served after all: what is overdue then are devices that SQL Server forgot.
  ['unused', 'serve', 'none 0', 'none 1'],
  ['unused', 'devices-overdue', 'devices-unused 1', 'devices-unused 1'],
  ['unused', 'abort', 'interrupted 1', 'interrupted 1'],
  ['serving', 'statement-succeeded', 'none 0', 'none 1'],
  ['serving', 'device-failed', 'device-failed 1', 'device-failed 1'],
  ['serving', 'device-aborted', 'none 0', 'server-abort 1'],
  ['serving', 'no-words-whole', 'server-abort 1', 'server-abort 1'],
  ['serving', 'no-words-short', 'server-abort 1', 'server-abort 1'],
  ['serving', 'abort', 'interrupted 1', 'interrupted 1'],
  ['succeeded', 'device-failed', 'device-failed 1', 'device-failed 1'],
  ['succeeded', 'devices-overdue', 'none 1', 'none 1'],
  ['succeeded', 'abort', 'interrupted 1', 'interrupted 1'],
  // The device was late by as much as its end is waited for: the set is ended here as well.
  ['succeeded', 'device-aborted', 'none 0', 'server-abort 2'],
  ['succeeded', 'no-words-short', 'server-abort 2', 'server-abort 2'],
  // Not in the table: nothing is done.
  ['serving', 'device-closed', 'none 0', 'none 0'],
  ['succeeded', 'no-words-whole', 'none 1', 'none 1'],
  ['aborted', 'serve', 'interrupted 1', 'interrupted 1'],
  ['aborted', 'statement-succeeded', 'interrupted 1', 'interrupted 1'],
  ['aborted', 'device-failed', 'interrupted 1', 'interrupted 1'],
  ['aborted', 'no-words-short', 'interrupted 1', 'interrupted 1'],
];

suite('the table of device set states', () => {
  for (const [state, event, now, later] of rows)
    test(`${state}, ${event}: ${now}, later ${later}`, () => {
      mock.timers.enable({ apis: ['setTimeout'] });
      try {
        const play = new Play();
        play.reach(state);
        play.happen(event);
        assert.equal(play.seen, now);
        mock.timers.tick(serverWordsMs);
        assert.equal(play.seen, later);
      } finally {
        mock.timers.reset();
      }
    });

  test('has no row that was not played', () => {
    const played = new Set(rows.map(([state, event]) => `${state}, ${event}`));
    const missing = Object.entries(deviceSetTable).flatMap(([state, events]) =>
      Object.keys(events)
        .map((event) => `${state}, ${event}`)
        .filter((row) => !played.has(row)),
    );
    assert.deepEqual(missing, []);
  });
});
