// The block size of a native backup, which RESTORE must be told and nothing but its media header says.

import { maxMediaBytes, mediaHeaderOf } from '../archive/mssqlbak-media.js';
import type { RawBytes } from './raw-bytes.js';

/** Bytes that P = TAPE+64 counts in. */
const blockUnit = 512;
const blockSizeAt = 64;
/** BLOCKSIZE is at most 64 KiB. */
const mostUnits = 128;

/** Undefined when the raw stream does not begin with a media header, compressed or not, that says one which can be. */
export async function nativeBlockSize(raw: RawBytes): Promise<number | undefined> {
  const head = await raw.read(0, blockSizeAt + 2);
  const isCompressed = textOf(head, 8) === 'MSSQLBAK';
  const media = isCompressed ? mediaHeaderOf(await raw.read(0, maxMediaBytes)) : head;
  if (!media || media.length < blockSizeAt + 2 || textOf(media, 4) !== 'TAPE') return undefined;
  const units = (media[blockSizeAt] ?? 0) + (media[blockSizeAt + 1] ?? 0) * 256;
  const canBe = units > 0 && units <= mostUnits && Number.isInteger(Math.log2(units));
  return canBe ? units * blockUnit : undefined;
}

function textOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
