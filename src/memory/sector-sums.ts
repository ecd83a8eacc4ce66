// The sum under SQL Server's page checksums and backup checksums: the XOR of the 128 words of each 512-byte
// sector. It does not depend on where pages begin, so every core can sum its own frames; chaining the sums
// (mtf/check/data-check.ts) is cheap and needs their order.

export const sectorBytes = 512;
const sectorWords = sectorBytes / Int32Array.BYTES_PER_ELEMENT;

/** Bytes the sums of `bytes` bytes take. */
export function sectorSumsBytes(bytes: number): number {
  return Math.ceil(bytes / sectorBytes) * Int32Array.BYTES_PER_ELEMENT;
}

/** Sums the first `sectors` whole sectors of `words` into `sums`. */
export function sumSectors(words: Int32Array, sectors: number, sums: Int32Array): void {
  // Four independent chains and a plain index: this loop decides how fast a backup is verified.
  for (let sector = 0, at = 0; sector < sectors; sector += 1) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (const end = at + sectorWords; at < end; at += 8) {
      a ^= (words[at] as number) ^ (words[at + 4] as number);
      b ^= (words[at + 1] as number) ^ (words[at + 5] as number);
      c ^= (words[at + 2] as number) ^ (words[at + 6] as number);
      d ^= (words[at + 3] as number) ^ (words[at + 7] as number);
    }
    sums[sector] = a ^ b ^ c ^ d;
  }
}
