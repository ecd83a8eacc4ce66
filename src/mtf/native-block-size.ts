// The block size of a native backup, which RESTORE must be told and nothing but its media header says.

import { isBlockSize } from '../base/platform/sql-server-limits.ts';
import { maxMediaBytes } from './mssqlbak/container.ts';
import { mediaHeaderOf } from './mssqlbak/media.ts';
import type { RawBytes } from './raw-bytes.ts';

/** Bytes that P = TAPE+64 counts in. */
const blockUnit = 512;
const blockSizeAt = 64;

/** Undefined when the raw stream does not begin with a media header, compressed or not, that says one which can be. */
export async function nativeBlockSize(raw: RawBytes): Promise<number | undefined> {
  const head = await raw.read(0, blockSizeAt + 2);
  const isCompressed = textOf(head, 8) === 'MSSQLBAK';
  const media = isCompressed ? mediaHeaderOf(await raw.read(0, maxMediaBytes)) : head;
  return media && mediaBlockSize(media);
}

/** The same of the block TAPE, from its first byte on. */
export function mediaBlockSize(media: Uint8Array): number | undefined {
  if (media.length < blockSizeAt + 2 || textOf(media, 4) !== 'TAPE') return undefined;
  const units = (media[blockSizeAt] ?? 0) + (media[blockSizeAt + 1] ?? 0) * 256;
  const bytes = units * blockUnit;
  return isBlockSize(bytes) ? bytes : undefined;
}

function textOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
