// The seek table of an archive in memory, read by its layout alone (docs/archive-format.md, "Seek table").

import assert from 'node:assert/strict';

const [headBytes, entryBytes, footerBytes] = [8, 12, 9];

export interface TableEntry {
  readonly offset: number;
  readonly compressedBytes: number;
  readonly rawOffset: number;
  readonly rawBytes: number;
  readonly checksum: number;
}

/** All entries, the header's and the trailer's too. */
export function seekTableEntries(archive: Uint8Array): TableEntry[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const footerAt = bytes.length - footerBytes;
  assert.equal(bytes.readUInt32LE(footerAt + 5), 0x8f92eab1, 'no seek table');
  const count = bytes.readUInt32LE(footerAt);
  const tableAt = footerAt - count * entryBytes - headBytes;
  assert.equal(bytes.readUInt32LE(tableAt), 0x184d2a5e);
  let [offset, rawOffset] = [0, 0];
  const entries = Array.from({ length: count }, (_, index) => {
    const at = tableAt + headBytes + index * entryBytes;
    const [compressedBytes, rawBytes, checksum] = [0, 4, 8].map((field) =>
      bytes.readUInt32LE(at + field),
    ) as [number, number, number];
    const entry = { offset, compressedBytes, rawOffset, rawBytes, checksum };
    offset += compressedBytes;
    rawOffset += rawBytes;
    return entry;
  });
  assert.equal(offset, tableAt, 'its frames do not fill the file');
  return entries;
}
