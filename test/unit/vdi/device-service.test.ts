// The service of a device against calls that answer what no well-behaved library does.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { FramePool } from '../../../src/memory/frame-pool.ts';
import { BackupDevice } from '../../../src/vdi/backup-device.ts';
import type { DeviceCalls } from '../../../src/vdi/device-calls.ts';
import { DeviceMonitor } from '../../../src/vdi/device-monitor.ts';
import { controlWords } from '../../../src/vdi/device-protocol.ts';
import { RestoreDevice } from '../../../src/vdi/restore-device.ts';
import type { DeviceCommand } from '../../../src/vdi/struct-layout.ts';
import { VD_E_CLOSE, VDC_Complete, VDC_Read } from '../../../src/vdi/vdi-constants.ts';

/** Calls that hand out `commands` (undefined = NOERROR without one) and then close the device. */
function play(...commands: (DeviceCommand | undefined)[]) {
  const completions: number[] = [];
  let next = 0;
  const calls = {
    getCommand() {
      if (next === commands.length) return { hresult: VD_E_CLOSE, command: 0n };
      next += 1;
      return { hresult: 0, command: commands[next - 1] ? BigInt(next) : 0n };
    },
    readCommand: (address: bigint) => commands[Number(address) - 1],
    completeCommand(_device: bigint, _command: bigint, win32: number) {
      completions.push(win32);
      return 0;
    },
  } as unknown as DeviceCalls;
  const { port1, port2 } = new MessageChannel();
  const monitor = new DeviceMonitor(port1, new SharedArrayBuffer(4 * controlWords));
  const pool = FramePool.create(1, 4096, 4096);
  const serve = (Service: typeof BackupDevice | typeof RestoreDevice) => {
    const end = new Service(calls, 1n, pool, monitor, 65_536).serve();
    port1.close();
    port2.close();
    return end;
  };
  return { completions, serve };
}

for (const [Service, transfer] of [
  [BackupDevice, 2],
  [RestoreDevice, 1],
] as const) {
  suite(Service.name, () => {
    test('success without a command ends the device instead of the process', () => {
      assert.match(play(undefined).serve(Service).reason ?? '', /gave no command/);
    });

    for (const [title, size, buffer] of [
      ['larger than the transfer size', 65_537, 1n],
      ['of a negative size', -1, 1n],
      ['without a buffer', 512, 0n],
    ] as const) {
      test(`a transfer ${title} is completed once, with an error, and touches no memory`, () => {
        const { completions, serve } = play({ code: transfer, size, buffer });
        assert.equal(serve(Service).how, 'failed');
        assert.deepEqual(completions, [1117]);
      });
    }

    test('a command that is not known gets 50, ClearError gets 0, and the service goes on', () => {
      const { completions, serve } = play(
        { code: 99, size: 0, buffer: 0n },
        { code: 3, size: 0, buffer: 0n },
      );
      assert.equal(serve(Service).how, 'closed');
      assert.deepEqual(completions, [50, 0]);
    });
  });
}

suite('whether the last word of the server was its completion', () => {
  const complete = { code: VDC_Complete, size: 0, buffer: 0n };
  const read = { code: VDC_Read, size: 0, buffer: 0n };
  for (const [title, commands, completed] of [
    ['nothing was asked', [], false],
    ['Complete was answered', [complete], true],
    ['bytes moved after it', [complete, read], false],
    ['it came again after bytes', [complete, read, complete], true],
  ] as const)
    test(`${title}: ${completed}`, () => {
      const end = play(...commands).serve(RestoreDevice);
      assert.deepEqual([end.how, end.completed], ['closed', completed]);
    });
});
