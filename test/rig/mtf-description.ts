// A backup set of the stand-in for tests to change.

import type { MtfDescription } from '../standin/mtf-configuration.ts';
import { generateMtf } from '../standin/mtf-generator.ts';

export const description: MtfDescription = {
  type: 'full',
  databaseName: 'Sales ü',
  serverName: 'HOST\\LAB',
  machineName: 'HOST',
  userName: 'sa',
  backupName: 'nightly',
  version: [16, 0, 4135],
  databaseId: 5,
  compatibilityLevel: 160,
  simple: false,
  checksums: false,
  setId: '54A4E82D-BD4B-4887-885B-3AE8459D489D',
  recoveryFork: 'FEB32F6F-4BC1-4180-B359-2E40E3FC5788',
  baseSetId: 'ED6CB2C5-E1B3-4B61-9D0B-6B7D1D5E6F01',
  logsBefore: 0,
  created: new Date(2020, 1, 29, 12, 34, 56),
  started: new Date(2026, 10, 22, 1, 2, 3),
  finished: new Date(2026, 10, 22, 4, 5, 6),
  folder: 'C:\\data\\',
  transferSize: 1048576,
};

/** A whole backup of one stripe, about `bytes` long, with the changes to the description above. */
export function backupBytes(
  bytes: number,
  change: Partial<MtfDescription> = {},
  { mediaSetId = 'DBA99816-9A6C-4AB6-B68C-76B2A726823D', blockSize = 512 } = {},
): Buffer {
  const { head, pages, repeats, remainder, tail } = generateMtf({
    description: { ...description, ...change },
    family: { sequence: 1, count: 1, mediaSetId },
    bytes,
    blockSize,
    seed: 1,
    ratio: undefined,
  });
  const data = [...Array.from({ length: repeats }, () => pages), pages.subarray(0, remainder)];
  return Buffer.concat([head, ...data, tail]);
}
