import { asError, type Failure } from './errors.ts';

type Listener = (cause: Error) => void;

/**
 * The one wish to stop of a job: the first cause wins and is the root cause that the user reads;
 * everything later is a consequence and is dropped. Listeners run at once, in order of
 * registration, exactly once each; one that registers late runs immediately. Whoever only prints something about the
 * abort registers with `afterAbort`: a terminal or a log must not come before SignalAbort.
 *
 * `hurry` is the second Ctrl-C: it skips waiting for the server's answer, never the abort or the close.
 */
export class Abort {
  #cause: Error | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #witnesses = new Set<Listener>();
  #hurried = false;
  readonly #hurryListeners = new Set<() => void>();

  get cause(): Error | undefined {
    return this.#cause;
  }

  /** `words` is what the one who raises prints: after every listener, before what others print. */
  raise(cause: Failure | Error, words: () => void = () => undefined): void {
    if (this.#cause) {
      words();
      return;
    }
    this.#cause = asError(cause);
    for (const listener of [...this.#listeners]) listener(this.#cause);
    words();
    for (const witness of [...this.#witnesses]) witness(this.#cause);
  }

  /** Calls `listener` when the job aborts (at once if it has); returns the function that unregisters it. */
  onAbort(listener: Listener): () => void {
    if (this.#cause) listener(this.#cause);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As `onAbort`, for what prints: `witness` runs after every listener. */
  afterAbort(witness: Listener): void {
    if (this.#cause) witness(this.#cause);
    else this.#witnesses.add(witness);
  }

  get hurried(): boolean {
    return this.#hurried;
  }

  /** The user will not wait. Only has a meaning once the job is aborting; harmless before and when repeated. */
  hurry(): void {
    if (!this.#cause || this.#hurried) return;
    this.#hurried = true;
    for (const listener of [...this.#hurryListeners]) listener();
  }

  /** Calls `listener` when the user hurries (at once if they have); returns the function that unregisters it. */
  onHurry(listener: () => void): () => void {
    if (this.#hurried) listener();
    else this.#hurryListeners.add(listener);
    return () => this.#hurryListeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.#cause) throw this.#cause;
  }

  /** `promise`, or the abort's cause if that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const unregister = this.onAbort(reject);
      promise.then(resolve, reject).finally(unregister);
    });
  }
}
