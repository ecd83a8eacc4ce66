// The port of readers that jump about in a raw stream (a native backup), however it is stored.

export interface RawBytes {
  /** Length of the raw stream; undefined when only reading all of it would tell. */
  readonly length: number | undefined;
  /** A read ended early only because going on would have taken reading too much. */
  readonly gaveUp: boolean;
  /** Up to `length` bytes at `position`; fewer where the stream ends or cannot be reached without reading all of it. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory. */
export function rawBytesOf(bytes: Uint8Array): RawBytes {
  return {
    length: bytes.length,
    gaveUp: false,
    read: async (position, length) => bytes.subarray(position, position + length),
  };
}
