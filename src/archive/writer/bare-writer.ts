// Stores the stream as SQL Server sent it (`--compress none|server`): no header, trailer or table, so the
// file is a plain native backup.
import { createHash, type Hash } from 'node:crypto';
import { internalError } from '../../base/errors.ts';
import type { Sink } from '../../storage/sink.ts';
import { StickyQueue } from '../../storage/sticky-queue.ts';
import type { ArchiveHeader } from '../header.ts';
import type { TrailerFacts } from '../trailer.ts';
import type { WriterOptions } from './archive-writer.ts';
import type { StoredStripe, StripeWriter } from './stripe-writer.ts';

type State = 'new' | 'open' | 'finished';

/** See `StripeWriter` for the rules; header and facts are not stored. */
export class BareWriter implements StripeWriter {
  readonly #sink: Sink;
  readonly #queue = new StickyQueue();
  readonly #hash: Hash | undefined;
  #state: State = 'new';
  #position = 0;

  constructor(sink: Sink, options: WriterOptions = {}) {
    this.#sink = sink;
    this.#hash = options.sha256 ? createHash('sha256') : undefined;
  }

  begin(_header: ArchiveHeader): Promise<void> {
    return this.#queue.run(async () => {
      this.#expect('new');
      this.#state = 'open';
    });
  }

  appendFrame(bytes: Uint8Array, rawBytes: number): Promise<void> {
    return this.#queue.run(async () => {
      this.#expect('open');
      if (bytes.length !== rawBytes) throw internalError(`${rawBytes} raw bytes`, bytes.length);
      await this.#sink.write(bytes, this.#position);
      this.#hash?.update(bytes);
      this.#position += bytes.length;
    });
  }

  seal(_facts: TrailerFacts): Promise<void> {
    return this.#queue.run(async () => {
      this.#expect('open');
      await this.#sink.sync();
    });
  }

  finish(_facts: TrailerFacts): Promise<StoredStripe> {
    return this.#queue.run(async () => {
      this.#expect('open');
      await this.#sink.sync();
      await this.#sink.close();
      this.#state = 'finished';
      const storedBytes = this.#position;
      return { storedBytes, ...(this.#hash && { sha256: this.#hash.digest('hex') }) };
    });
  }

  async discard(): Promise<boolean> {
    this.#queue.fail(internalError('a stripe in use', 'a discarded one'));
    return this.#sink.discard();
  }

  #expect(state: State): void {
    if (this.#state !== state) throw internalError(`a stripe that is ${state}`, this.#state);
  }
}
