import { asError } from '../base/errors.ts';

/**
 * Steps that run one after the other in the order they were asked for. After the first that fails, every
 * later one is refused with that same error.
 */
export class StickyQueue {
  #failure: Error | undefined;
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#guarded(step));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Refuses every step from now on; an earlier failure stays the one reported. */
  fail(cause: Error): void {
    this.#failure ??= cause;
  }

  async #guarded<T>(step: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    try {
      return await step();
    } catch (thrown) {
      this.fail(asError(thrown));
      throw this.#failure ?? thrown;
    }
  }
}
