// A device thread's line to the main thread: what it is doing, what it gives away, what it waits for.
// The waits are Atomics.wait on the device's control words, because the thread cannot read messages meanwhile.

import type { MessagePort } from 'node:worker_threads';
import {
  ACTIVITY,
  ANSWER,
  ASSURED,
  activities,
  FAIL_CODE,
  FEED_CHANGES,
  FEED_PUT,
  FEED_RING,
  FEED_TAKEN,
  type FromDevice,
  feedCapacity,
  feedEnd,
  feedFailure,
  pendingAnswer,
} from './device-protocol.ts';
import type { Barrier, DeviceActivity, Feed } from './virtual-device-set.ts';

export class DeviceMonitor {
  readonly #port: MessagePort;
  readonly #control: Int32Array;

  constructor(port: MessagePort, control: SharedArrayBuffer) {
    this.#port = port;
    this.#control = new Int32Array(control);
  }

  activity(activity: DeviceActivity): void {
    Atomics.store(this.#control, ACTIVITY, activities.indexOf(activity));
  }

  /** SQL Server was told by this command (a VDC_ code) that its bytes are safe; 0: there are bytes of which it was not. */
  assured(code: number): void {
    Atomics.store(this.#control, ASSURED, code);
  }

  /** Win32 code with which commands must fail, 0 while all is well. */
  get failCode(): number {
    return Atomics.load(this.#control, FAIL_CODE);
  }

  frame(slot: number, bytes: number): void {
    this.say({ from: 'frame', slot, bytes });
  }

  commandFailed(win32: number): void {
    this.say({ from: 'command-failed', win32 });
  }

  /** Asks for durability of everything given so far; sleeps until the answer, a Win32 code. */
  awaitBarrier(kind: Barrier): number {
    this.activity('awaiting-durability');
    Atomics.store(this.#control, ANSWER, pendingAnswer);
    // An abort that came before the line above has left its code in FAIL_CODE, never only in ANSWER.
    if (this.failCode !== 0) return this.failCode;
    this.say({ from: 'barrier', kind });
    Atomics.wait(this.#control, ANSWER, pendingAnswer);
    return Atomics.load(this.#control, ANSWER);
  }

  /** Restore: the next entry main has put, sleeping until there is one; undefined once commands must fail. */
  nextFeed(): Feed | undefined {
    for (;;) {
      const seen = Atomics.load(this.#control, FEED_CHANGES);
      if (this.failCode !== 0) return undefined;
      const taken = Atomics.load(this.#control, FEED_TAKEN);
      if (taken !== Atomics.load(this.#control, FEED_PUT)) return this.#take(taken);
      this.activity('awaiting-source');
      Atomics.wait(this.#control, FEED_CHANGES, seen);
    }
  }

  #take(taken: number): Feed {
    const at = FEED_RING + (taken % feedCapacity) * 2;
    const slot = Atomics.load(this.#control, at);
    const bytes = Atomics.load(this.#control, at + 1);
    Atomics.store(this.#control, FEED_TAKEN, taken + 1);
    if (slot === feedEnd) return { kind: 'end' };
    if (slot === feedFailure) return { kind: 'failure', win32: bytes };
    return { kind: 'piece', slot, bytes };
  }

  say(message: FromDevice): void {
    this.#port.postMessage(message);
  }
}
