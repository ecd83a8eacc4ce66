// The port of readers that jump about in a raw stream (a native backup), however it is stored.

export interface RawBytes {
  /** Length of the raw stream; undefined when only reading all of it would tell. */
  readonly length: number | undefined;
  /** Up to `length` bytes at `position`; fewer where the stream ends or cannot be reached without reading all of it. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory. */
export function rawBytesOf(bytes: Uint8Array): RawBytes {
  return {
    length: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
  };
}
