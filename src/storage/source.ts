// The port between the readers of a stored backup and the place its bytes come from.
import { MiB } from '../base/byte-size.ts';
import { internalError } from '../base/errors.ts';
import { damaged } from './io-failure.ts';

/**
 * Bytes that can be read at any position. Several reads may be under way at once. Every rejection is a
 * `Failure` of kind `io`.
 */
export interface Source {
  /** The name for messages, as the user gave it. */
  readonly name: string;
  /** Length when it was opened. Of a source that is not seekable: the largest number until its end was seen. */
  readonly bytes: number;
  /** False when it can only be read onwards: what was read lately, or was read first, can be read again. */
  readonly seekable: boolean;
  /** What other threads may read it by (file-source.ts, `readDescriptor`); undefined when only `read` can. */
  readonly descriptor: number | undefined;
  /** Fills `target` from `position` on; resolves with less than its length only at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Never rejects. */
  close(): Promise<void>;
}

/**
 * Most bytes of one read into memory of its own: a trailer, a configuration or a piece of a frame are the longest things
 * that are read whole. A length that a file claims is bounded before it comes here; this is for the one that is not.
 */
const maxReadBytes = MiB;

/** Exactly `length` bytes at `position`; the caller has bounded `length`. Failure `integrity` when the end comes first. */
export async function readExactly(
  source: Source,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(bounded(length));
  const read = await source.read(bytes, position);
  if (read === length) return bytes;
  const offset = position + read;
  throw damaged(source.name, `it ends at byte ${offset}`, { code: 'truncated', offset });
}

/** Up to `length` bytes at `position`. */
export async function readSome(
  source: Source,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(bounded(Math.max(0, Math.min(length, source.bytes - position))));
  return bytes.subarray(0, await source.read(bytes, position));
}

function bounded(length: number): number {
  if (length <= maxReadBytes) return length;
  throw internalError(`a read of at most ${maxReadBytes} bytes`, length);
}
