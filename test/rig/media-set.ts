// Backups in one media set, as BACKUP … WITH NOINIT appends them, made of backups that stand alone: the media header
// stands once, sets are counted, and every filemark lists those before it (docs/mtf.md, "Filemarks").

/** Where in a block, and where its own checksum ends. */
const positionAt = 62;
const listedAt = 56;
const listAt = 72;
const checksumAt = 50;
const markCapacity = 55;

/** Native backups of 512-byte blocks, the later ones behind the first. */
export function appended(...backups: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0), ...others] = backups;
  const sets = others.map((bytes) => bytes.subarray(bytes.indexOf('SSET')));
  return renumbered(Buffer.concat([first, ...sets]));
}

/** The same bytes with positions and filemarks as they belong, wherever the sets came from. */
export function renumbered(medium: Buffer): Buffer {
  const marks: number[] = [];
  let sets = 0;
  for (const at of blockStarts(medium)) {
    const block = medium.subarray(at);
    if (block.toString('latin1', 0, 4) === 'SSET') {
      sets += 1;
      block.writeUInt16LE(sets, positionAt);
      continue;
    }
    block.writeUInt32LE(marks.length, listedAt);
    block.writeUInt32LE(listAt, listedAt + 4);
    const newest = marks.toReversed().slice(0, markCapacity);
    for (const [index, mark] of newest.entries())
      block.writeBigUInt64LE(BigInt(mark), listAt + 8 * index);
    marks.push(at);
  }
  return medium;
}

/** Where start blocks and filemarks stand: their headers have a checksum. */
function blockStarts(medium: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at + 512 <= medium.length; at += 512) {
    const type = medium.toString('latin1', at, at + 4);
    if ((type === 'SSET' || type === 'SFMB') && hasChecksum(medium.subarray(at))) starts.push(at);
  }
  return starts;
}

function hasChecksum(block: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at <= checksumAt; at += 2) sum ^= block.readUInt16LE(at);
  return sum === 0;
}
