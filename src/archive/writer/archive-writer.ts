// Writes one archive (docs/archive-format.md) into a sink: header, frames, trailer, seek table.
// Not here: compression (the frames come finished) and the file's final name (partial-file.ts).
import { createHash, type Hash } from 'node:crypto';
import { internalError } from '../../base/errors.ts';
import type { Sink } from '../../storage/sink.ts';
import { StickyQueue } from '../../storage/sticky-queue.ts';
import { decodeFrameHeader, frameChecksum } from '../../zstd/frame-header.ts';
import { type ArchiveHeader, encodeArchiveHeader } from '../header.ts';
import { emptyChecksum, SeekTable } from '../seek-table.ts';
import { encodeArchiveTrailer, type TrailerFacts, trailerFrameBytes } from '../trailer.ts';
import type { StoredStripe, StripeWriter } from './stripe-writer.ts';

export interface WriterOptions {
  /** Compute SHA-256 of the file as it is finished; default false. Costs one pass of hashing on this thread. */
  readonly sha256?: boolean;
}

/** See `StripeWriter` for the rules. */
export class ArchiveWriter implements StripeWriter {
  readonly #sink: Sink;
  readonly #queue = new StickyQueue();
  readonly #table = new SeekTable();
  /** Header and frames; the tail is added at the end, because `finish` writes it over. */
  readonly #hash: Hash | undefined;
  #header: ArchiveHeader | undefined;
  /** End of the frames: where the next frame or the trailer goes. */
  #position = 0;
  /** Where the tail of the last seal stands. */
  #sealedAt = -1;
  #rawBytes = 0;
  #compressedBytes = 0;
  #frames = 0;
  #finished = false;

  constructor(sink: Sink, options: WriterOptions = {}) {
    this.#sink = sink;
    this.#hash = options.sha256 ? createHash('sha256') : undefined;
  }

  begin(header: ArchiveHeader): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#header) throw internalError('begin once', 'a second time');
      this.#header = header;
      await this.#append(encodeArchiveHeader(header), 0, emptyChecksum);
    });
  }

  appendFrame(bytes: Uint8Array, rawBytes: number): Promise<void> {
    return this.#queue.run(async () => {
      const header = this.#open();
      checkFrame(bytes, rawBytes, header.frameSize, this.#sink.name);
      await this.#append(bytes, rawBytes, frameChecksum(bytes));
      this.#rawBytes += rawBytes;
      this.#compressedBytes += bytes.length;
      this.#frames += 1;
    });
  }

  seal(facts: TrailerFacts): Promise<void> {
    return this.#queue.run(async () => {
      // Without `finished`: a sealed archive is whole, but SQL Server has not yet said so.
      const { finished: _, ...unconfirmed } = facts;
      const trailer = this.#trailer(unconfirmed);
      if (this.#sink.rewritable) await this.#writeTail(trailer);
      await this.#sink.sync();
    });
  }

  finish(facts: TrailerFacts): Promise<StoredStripe> {
    return this.#queue.run(async () => {
      if (facts.finished === undefined) throw internalError('a finished date', facts.finished);
      const trailer = this.#trailer(facts);
      await this.#writeTail(trailer);
      await this.#sink.sync();
      await this.#sink.close();
      this.#finished = true;
      return this.#stored(trailer);
    });
  }

  async discard(): Promise<boolean> {
    this.#queue.fail(internalError('an archive in use', 'a discarded one'));
    return this.#sink.discard();
  }

  #open(): ArchiveHeader {
    if (this.#header && !this.#finished) return this.#header;
    throw internalError(
      'an archive between begin and finish',
      this.#finished ? 'finished' : 'not begun',
    );
  }

  async #append(bytes: Uint8Array, rawBytes: number, checksum: number): Promise<void> {
    await this.#sink.write(bytes, this.#position);
    this.#hash?.update(bytes);
    this.#table.append(bytes.length, rawBytes, checksum);
    this.#position += bytes.length;
  }

  #trailer(facts: TrailerFacts): Uint8Array {
    const { setId, stripe } = this.#open();
    return encodeArchiveTrailer({
      setId,
      stripe,
      rawBytes: this.#rawBytes,
      compressedBytes: this.#compressedBytes,
      frames: this.#frames,
      ...facts,
    });
  }

  /** Trailer and seek table at the end of the frames; the table only when it is not there already. */
  async #writeTail(trailer: Uint8Array): Promise<void> {
    const inPlace = this.#sealedAt === this.#position;
    await this.#sink.write(trailer, this.#position);
    if (inPlace) return;
    let at = this.#position + trailer.length;
    for (const piece of this.#tail()) {
      await this.#sink.write(piece, at);
      at += piece.length;
    }
    this.#sealedAt = this.#position;
  }

  /** The seek table with the trailer as its last entry. */
  *#tail(): Generator<Uint8Array> {
    this.#table.append(trailerFrameBytes, 0, emptyChecksum);
    try {
      yield* this.#table.encode();
    } finally {
      this.#table.removeLast();
    }
  }

  #stored(trailer: Uint8Array): StoredStripe {
    let storedBytes = this.#position + trailer.length;
    this.#hash?.update(trailer);
    for (const piece of this.#tail()) {
      storedBytes += piece.length;
      this.#hash?.update(piece);
    }
    return { storedBytes, ...(this.#hash && { sha256: this.#hash.digest('hex') }) };
  }
}

/** Every frame must be one that a reader can check and decompress on its own: ours to keep, so internal errors. */
function checkFrame(bytes: Uint8Array, rawBytes: number, frameSize: number, name: string): void {
  const { contentSize, hasChecksum } = decodeFrameHeader(bytes, name);
  if (!hasChecksum) throw internalError('a zstd frame with a checksum', 'one without');
  if (contentSize !== rawBytes) throw internalError(`a frame of ${rawBytes} bytes`, contentSize);
  if (rawBytes > frameSize) throw internalError(`at most ${frameSize} raw bytes`, rawBytes);
}
