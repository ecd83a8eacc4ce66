// The in-order gate: results become ready in any order and are taken in the order they were promised.
import { asError } from '../../base/errors.ts';

export class OrderedQueue<T> {
  readonly #promised: Promise<T>[] = [];
  #ended = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  push(result: Promise<T>): void {
    // Its rejection is for whoever takes it, later.
    result.catch(() => undefined);
    this.#promised.push(result);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Everything promised so far comes first. */
  fail(thrown: unknown): void {
    this.#failure ??= asError(thrown);
    this.#wake();
  }

  /** The next result; undefined after the last. */
  async next(): Promise<T | undefined> {
    while (this.#promised.length === 0) {
      if (this.#failure) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this.#promised.shift();
  }

  /** Takes everything that is still promised; failures are dropped. */
  async drain(take: (result: T) => void): Promise<void> {
    for (;;) {
      try {
        const result = await this.next();
        if (result === undefined) return;
        take(result);
      } catch {
        if (this.#promised.length === 0 && (this.#failure || this.#ended)) return;
      }
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
