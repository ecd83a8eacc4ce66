// How a set of devices may end, with a device set played by hand: the orders of events that no well-behaved
// server produces.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Abort } from '../../../src/base/abort.ts';
import { type Deferred, deferred } from '../../../src/base/deferred.ts';
import { Failure } from '../../../src/base/errors.ts';
import { ServedDevices, serverWordsMs } from '../../../src/job/serving/served-devices.ts';
import type {
  DeviceConsumer,
  DeviceEnd,
  VirtualDeviceSet,
} from '../../../src/vdi/virtual-device-set.ts';

const VD_E_ABORT = 0x80770004;

class HandPlayedSet {
  direction: 'backup' | 'restore' = 'backup';
  readonly deviceNames = ['set'];
  readonly #ended: Deferred<readonly DeviceEnd[]> = deferred();
  readonly ended = this.#ended.promise;
  aborts = 0;
  closes = 0;
  #consumer: DeviceConsumer | undefined;

  serve(consumer: DeviceConsumer): void {
    this.#consumer = consumer;
  }

  end(how: DeviceEnd['how'], completed: boolean): void {
    const end: DeviceEnd = { device: 0, how, hresult: VD_E_ABORT, completed };
    this.#consumer?.end(end);
    this.#ended.resolve([end]);
  }

  async abort(): Promise<void> {
    this.aborts += 1;
    this.end('aborted', this.completedWhenAborted);
  }

  close(): void {
    this.closes += 1;
  }

  completedWhenAborted = false;
  assurance(): 'none' {
    return 'none';
  }

  activity(): 'awaiting-command' {
    return 'awaiting-command';
  }
}

function play() {
  const set = new HandPlayedSet();
  const abort = new Abort();
  const devices = new ServedDevices(set as unknown as VirtualDeviceSet, abort, () => 1117);
  const serve = () => devices.serve({ frame() {}, barrier: async () => 0, end() {} });
  const restore = () => {
    set.direction = 'restore';
    devices.serve({ consumed() {}, end() {} });
  };
  return { set, abort, devices, serve, restore };
}

const cause = async (promise: Promise<unknown>) => {
  const failure = await promise.then(
    () => assert.fail('no failure'),
    (thrown: Failure) => thrown,
  );
  return failure.code;
};

suite('served devices', { concurrency: true }, () => {
  test('a set that the server closes has ended well', async () => {
    const { set, devices, serve } = play();
    serve();
    set.end('closed', true);
    assert.equal((await devices.closed()).length, 1);
  });

  test('an abort by the server with no word from it is its failure, after a wait for the word', async () => {
    const { set, abort, serve } = play();
    serve();
    const raised = new Promise<never>((_, reject) => abort.onAbort(reject));
    const before = performance.now();
    set.end('aborted', true);
    assert.equal(await cause(raised), 'server-abort');
    assert.ok(performance.now() - before >= serverWordsMs - 50);
  });

  test('an abort in place of a close with bytes that are not durable never counts as one', async () => {
    const { set, devices, serve } = play();
    serve();
    set.end('aborted', false);
    assert.equal(await cause(devices.closed()), 'server-abort');
  });

  test('an abort in place of a close, with everything durable, is no failure once success follows', async () => {
    const { set, abort, devices, serve } = play();
    serve();
    const closed = devices.closed();
    set.end('aborted', true);
    await closed;
    devices.statementSucceeded();
    await new Promise((resolve) => setTimeout(resolve, serverWordsMs + 200));
    assert.equal(abort.cause, undefined);
  });

  test('an abort of ours that finds everything durable leaves the verdict to SQL Server', async () => {
    const { set, abort, devices, serve } = play();
    serve();
    set.completedWhenAborted = true;
    const closed = devices.closed();
    abort.raise(new Failure('interrupted', 'interrupted'));
    assert.deepEqual(
      (await closed).map(({ how }) => how),
      ['aborted'],
    );
  });

  test('an abort of ours before everything is durable is the end', async () => {
    const { abort, devices, serve } = play();
    serve();
    const closed = devices.closed();
    abort.raise(new Failure('interrupted', 'interrupted'));
    assert.equal(await cause(closed), 'interrupted');
  });

  test('an abort after success with bytes that are not durable is a failure', async () => {
    const { set, devices, serve } = play();
    serve();
    devices.statementSucceeded();
    set.end('aborted', false);
    assert.equal(await cause(devices.closed()), 'server-abort');
  });

  test('a restore that succeeded counts however its devices end, before or after', async () => {
    for (const isBefore of [true, false]) {
      const { set, abort, devices, restore } = play();
      restore();
      const closed = devices.closed();
      if (isBefore) set.end('aborted', false);
      devices.statementSucceeded();
      set.end('aborted', false);
      await closed;
      await new Promise((resolve) => setTimeout(resolve, serverWordsMs + 200));
      assert.equal(abort.cause, undefined);
    }
  });

  test('devices that the server forgets after its success are ended, and count', async () => {
    const { set, devices, serve } = play();
    serve();
    set.completedWhenAborted = true;
    devices.statementSucceeded();
    await devices.closed();
    assert.equal(set.aborts, 1);
  });

  test('success without any use of the devices is a failure', async () => {
    const { abort, devices } = play();
    const raised = new Promise<never>((_, reject) => abort.onAbort(reject));
    devices.statementSucceeded();
    assert.equal(await cause(raised), 'devices-unused');
  });

  test('a broken device ends the job at once', async () => {
    const { set, devices, serve } = play();
    serve();
    set.end('failed', false);
    assert.equal(await cause(devices.closed()), 'device-failed');
  });
});
