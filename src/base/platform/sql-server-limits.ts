// What BACKUP and RESTORE take. Source: Microsoft Learn, "BACKUP (Transact-SQL)", BLOCKSIZE, MAXTRANSFERSIZE, Arguments.

import { KiB, MiB } from '../byte-size.ts';

/** BLOCKSIZE, bytes: a power of two from the smallest to the largest. */
export const minBlockSize = 512;
export const maxBlockSize = 64 * KiB;
/** MAXTRANSFERSIZE, bytes: a multiple of the smallest, up to the largest. */
export const minTransferSize = 64 * KiB;
export const maxTransferSize = 4 * MiB;
/** Backup devices of one media set, so stripes of one backup. */
export const maxDevices = 64;

export function isBlockSize(bytes: number): boolean {
  return bytes >= minBlockSize && bytes <= maxBlockSize && Number.isInteger(Math.log2(bytes));
}

export function isTransferSize(bytes: number): boolean {
  return bytes >= minTransferSize && bytes <= maxTransferSize && bytes % minTransferSize === 0;
}
