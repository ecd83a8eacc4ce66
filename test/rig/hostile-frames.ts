// zstd frames made by hand (RFC 8878 §3.1.1): what they claim need not be there.

const frameMagic = 0xfd2fb528;

export interface FrameClaims {
  /** Raw bytes it says it holds; not said when undefined. */
  readonly contentSize?: bigint;
  /** log2 of its window, 10 to 41. */
  readonly windowLog?: number;
  readonly dictionaryId?: number;
  readonly checksum?: boolean;
}

/** Its header. */
export function frameHead({
  contentSize,
  windowLog = 17,
  dictionaryId = 0,
  checksum = false,
}: FrameClaims): Buffer {
  const sized = contentSize === undefined ? 0 : 0xc0;
  const named = dictionaryId === 0 ? 0 : 3;
  const head = Buffer.alloc(6);
  head.writeUInt32LE(frameMagic);
  head[4] = sized | named | (checksum ? 4 : 0);
  head[5] = (windowLog - 10) << 3;
  const id = Buffer.alloc(named === 0 ? 0 : 4);
  if (named !== 0) id.writeUInt32LE(dictionaryId);
  const size = Buffer.alloc(sized === 0 ? 0 : 8);
  if (contentSize !== undefined) size.writeBigUInt64LE(contentSize);
  return Buffer.concat([head, id, size]);
}

/** `length` times one byte, in four bytes; at most 128 KiB. */
export function repeatBlock(length: number, last: boolean): Buffer {
  return Buffer.concat([blockHead(1, length, last), Buffer.alloc(1)]);
}

/** The bytes as they are; at most 128 KiB. */
export function rawBlock(bytes: Uint8Array, last: boolean): Buffer {
  return Buffer.concat([blockHead(0, bytes.length, last), bytes]);
}

function blockHead(type: number, size: number, last: boolean): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((size << 3) | (type << 1) | (last ? 1 : 0), 0, 3);
  return head;
}
