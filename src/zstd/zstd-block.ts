// The header of one block of a zstd frame (RFC 8878 §3.1.1.2): how far it is to the next. Not here: what is inside.

export const blockHeaderBytes = 3;
const rleBlock = 1;
const reservedBlock = 3;

export interface ZstdBlock {
  /** Bytes of header and content. */
  readonly bytes: number;
  readonly isLast: boolean;
}

/** The block whose header of 3 bytes stands in `bytes` at `at`; undefined when there can be none of that kind. */
export function decodeZstdBlock(bytes: Uint8Array, at = 0): ZstdBlock | undefined {
  const [low = 0, middle = 0, high = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  const fields = low | (middle << 8) | (high << 16);
  const type = (fields >> 1) & 3;
  if (type === reservedBlock) return undefined;
  return {
    bytes: blockHeaderBytes + (type === rleBlock ? 1 : fields >> 3),
    isLast: (fields & 1) === 1,
  };
}
