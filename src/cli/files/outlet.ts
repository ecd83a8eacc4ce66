// Text to a descriptor whose other end may stand still: a full pipe, a stopped terminal, a log on a hung share. Nothing
// here waits. Where the descriptor answers EAGAIN instead of waiting, text goes out at once and the rest a little later;
// elsewhere a thread of libuv's pool writes, one piece at a time, so that each stuck outlet holds one thread at most.

import { constants, write, writeSync } from 'node:fs';
import { within } from '../../base/deadline.ts';
import { deferred } from '../../base/deferred.ts';
import { reopened } from '../../system/inherited-descriptor.ts';

/** Bytes that wait for a reader: a burst of ten thousand messages of a server is kept, a run without a reader stays small. */
const maxBacklog = 16 * 1024 * 1024;
/** Milliseconds until a full descriptor is tried again: at first, and at most. */
const firstPause = 1;
const longestPause = 50;
/** Bytes of one write. */
const pieceBytes = 64 * 1024;

export interface Channel {
  readonly descriptor: number;
  /** It answers EAGAIN where it would have to wait. */
  readonly immediate: boolean;
}

/** A way to `descriptor` that does not touch its flags, which it shares with other processes. */
export function channelTo(descriptor: number): Channel {
  const own = reopened(descriptor, constants.O_WRONLY);
  return { descriptor: own ?? descriptor, immediate: own !== undefined };
}

interface OutletOptions {
  readonly maxBacklog?: number;
  /** Told once when nothing can be written any more. */
  readonly onFailure?: (error: NodeJS.ErrnoException) => void;
}

export class Outlet {
  #channel: Channel;
  readonly #maxBacklog: number;
  readonly #onFailure: ((error: NodeJS.ErrnoException) => void) | undefined;
  #queue: Buffer[] = [];
  #backlog = 0;
  #written = 0;
  #lost = 0;
  #isWaiting = false;
  #pause = firstPause;
  #failure: NodeJS.ErrnoException | undefined;
  readonly #idle = new Set<() => void>();

  constructor(channel: Channel, options: OutletOptions = {}) {
    this.#channel = channel;
    this.#maxBacklog = options.maxBacklog ?? maxBacklog;
    this.#onFailure = options.onFailure;
  }

  /** Bytes that nobody has taken yet. */
  get backlog(): number {
    return this.#backlog;
  }

  get waitingLines(): number {
    return this.#queue.reduce((sum, bytes) => sum + linesIn(bytes.toString()), 0);
  }

  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** Lines that were dropped since the last call. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** From now on the bytes go there; the open file description must be the same one where it is not immediate. */
  moveTo(descriptor: number): void {
    if (!this.#channel.immediate) this.#channel = { descriptor, immediate: false };
  }

  /** Never waits and never throws. Dropped, and counted, when too much waits already; `always` is kept all the same. */
  write(text: string, { always = false } = {}): void {
    const bytes = Buffer.from(text);
    if (this.#failure || (!always && this.#backlog + bytes.length > this.#maxBacklog)) {
      this.#lost += linesIn(text);
      return;
    }
    this.#queue.push(bytes);
    this.#backlog += bytes.length;
    if (!this.#isWaiting) this.#send();
  }

  /**
   * Waits until everything is written; false when it is not, or when lines were dropped: the other end took nothing for
   * `stuckMs`, or not all within `totalMs`, or `hurry` settled.
   */
  async drained(stuckMs: number, totalMs: number, hurry?: Promise<unknown>): Promise<boolean> {
    const deadline = performance.now() + totalMs;
    let written = -1;
    while (this.#backlog > 0 && this.#written > written && performance.now() < deadline) {
      written = this.#written;
      const wait = Math.min(stuckMs, deadline - performance.now());
      if (await this.#isHurried(wait, hurry)) break;
    }
    return this.#backlog === 0 && this.#lost === 0 && this.#failure === undefined;
  }

  /** False when all is written, or after `ms`; true when `hurry` settles before. */
  async #isHurried(ms: number, hurry: Promise<unknown> | undefined): Promise<boolean> {
    const idle = deferred<boolean>();
    const settle = () => idle.resolve(false);
    const hurried = hurry?.then(
      () => true,
      () => true,
    );
    this.#idle.add(settle);
    const isHurried = await within(Promise.race([idle.promise, hurried ?? idle.promise]), ms);
    this.#idle.delete(settle);
    return isHurried ?? false;
  }

  #send(): void {
    if (this.#channel.immediate) this.#sendNow();
    else this.#sendByThread();
  }

  #sendNow(): void {
    try {
      for (let piece = this.#piece(); piece; piece = this.#piece())
        this.#took(writeSync(this.#channel.descriptor, piece));
    } catch (error) {
      this.#refused(error as NodeJS.ErrnoException);
    }
  }

  #sendByThread(): void {
    const piece = this.#piece();
    if (!piece) return;
    this.#isWaiting = true;
    write(this.#channel.descriptor, piece, (error, bytes) => {
      this.#isWaiting = false;
      if (error) this.#refused(error);
      else {
        this.#took(bytes);
        this.#send();
      }
    });
  }

  /** The first bytes that wait. */
  #piece(): Buffer | undefined {
    const [first] = this.#queue;
    if (!first || first.length >= pieceBytes || this.#queue.length === 1)
      return first?.subarray(0, pieceBytes);
    this.#queue = [Buffer.concat(this.#queue)];
    return this.#queue[0]?.subarray(0, pieceBytes);
  }

  #took(bytes: number): void {
    this.#pause = firstPause;
    this.#written += bytes;
    this.#backlog -= bytes;
    const [first] = this.#queue;
    if (first && bytes < first.length) this.#queue[0] = first.subarray(bytes);
    else this.#queue.shift();
    if (this.#backlog === 0) this.#settle();
  }

  #refused(error: NodeJS.ErrnoException): void {
    if (error.code === 'EINTR') this.#send();
    else if (error.code === 'EAGAIN') this.#tryLater();
    else this.#giveUp(error);
  }

  #tryLater(): void {
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      this.#send();
    }, this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, longestPause);
  }

  /** A full disk may have room again for the next line; whoever is gone does not come back. */
  #giveUp(error: NodeJS.ErrnoException): void {
    for (const bytes of this.#queue) this.#lost += linesIn(bytes.toString());
    this.#queue = [];
    this.#backlog = 0;
    if (error.code !== 'ENOSPC') this.#failure = error;
    this.#onFailure?.(error);
    this.#settle();
  }

  #settle(): void {
    for (const settle of this.#idle) settle();
  }
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
}
