// The two checksums of SQL Server's MTF streams, and the page checksum built on the second.

const pageChecksumOffset = 60;
const sectorWords = 128;

/** 16-bit XOR of little-endian words: block and stream headers. */
export function headerChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum ^= (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  }
  return sum;
}

/** XOR of each 512-byte sector, chained with a rotation by one bit. Length must be a multiple of 512. */
export function sectorChecksum(bytes: Buffer, start = 0): number {
  const words = new Uint32Array(
    bytes.byteOffset % 4 === 0 ? bytes.buffer : Uint8Array.from(bytes).buffer,
    bytes.byteOffset % 4 === 0 ? bytes.byteOffset : 0,
    bytes.length >>> 2,
  );
  let sum = start;
  for (let sector = 0; sector < words.length; sector += sectorWords) {
    let folded = 0;
    for (let word = sector; word < sector + sectorWords; word += 1) folded ^= words[word] ?? 0;
    sum = ((sum << 1) | (sum >>> 31)) ^ folded;
  }
  return sum >>> 0;
}

/** Stores the checksum of one 8 KiB page in its header. */
export function sealPage(page: Buffer): void {
  page.writeUInt32LE(0, pageChecksumOffset);
  page.writeUInt32LE(sectorChecksum(page), pageChecksumOffset);
}
