// The block size of a native backup, which RESTORE must be told and nothing but its media header says.

import { containerHeadBytes, recordAt, recordHeadBytes } from './mssqlbak-check.ts';
import type { RawBytes } from './raw-bytes.ts';
import { decompressXpress } from './xpress-huffman.ts';

/** Bytes that P = TAPE+64 counts in. */
const blockUnit = 512;
const blockSizeAt = 64;
/** BLOCKSIZE is at most 64 KiB. */
const mostUnits = 128;
/** A record's length has 16 bits. */
const largestRecord = recordHeadBytes + 0xffff;

/** Undefined when the raw stream does not begin with a media header, compressed or not, that says one which can be. */
export async function nativeBlockSize(raw: RawBytes): Promise<number | undefined> {
  const head = await raw.read(0, blockSizeAt + 2);
  const media = textOf(head, 8) === 'MSSQLBAK' ? await firstRecord(raw) : head;
  if (!media || media.length < blockSizeAt + 2 || textOf(media, 4) !== 'TAPE') return undefined;
  const units = (media[blockSizeAt] ?? 0) + (media[blockSizeAt + 1] ?? 0) * 256;
  const canBe = units > 0 && units <= mostUnits && Number.isInteger(Math.log2(units));
  return canBe ? units * blockUnit : undefined;
}

async function firstRecord(raw: RawBytes): Promise<Uint8Array | undefined> {
  const bytes = await raw.read(containerHeadBytes, largestRecord);
  const record = recordAt(bytes);
  if (!record?.good) return undefined;
  return decompressXpress(bytes.subarray(recordHeadBytes, record.bytes), record.rawBytes);
}

function textOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
