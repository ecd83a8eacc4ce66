// The port between the readers of a stored backup and the place its bytes come from.
import { damaged } from './io-failure.js';

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
  close(): Promise<void>;
}

/** Exactly `length` bytes at `position`; the caller has bounded `length`. Failure `integrity` when the end comes first. */
export async function readExactly(
  source: Source,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const read = await source.read(bytes, position);
  if (read === length) return bytes;
  throw damaged(source.name, `it ends at byte ${position + read}`, 'truncated');
}

/** Up to `length` bytes at `position`. */
export async function readSome(
  source: Source,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, source.bytes - position)));
  return bytes.subarray(0, await source.read(bytes, position));
}
