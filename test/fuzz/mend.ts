// Puts right the checksums of a mutated backup stream, so that mutations reach what stands behind them: a fuzzer
// does not guess a 16-bit XOR. Lengths stay as they are. In place.

const blockHeaderBytes = 52;
const streamHeaderBytes = 22;
const sector = 512;

function seal(bytes: Buffer, at: number, checksumAt: number): void {
  let sum = 0;
  for (let word = 0; word < checksumAt; word += 2) sum ^= bytes.readUInt16LE(at + word);
  bytes.writeUInt16LE(sum, at + checksumAt);
}

/** Of a `TAPE` stream: the headers of blocks and streams, as far as their lengths lead. */
export function mendTape(bytes: Buffer): void {
  for (let at = 0; at + blockHeaderBytes <= bytes.length; ) {
    const body = bytes.readUInt16LE(at + 8);
    if (body < blockHeaderBytes) return;
    seal(bytes, at, 50);
    const isFilemark = bytes.toString('latin1', at, at + 4) === 'SFMB';
    at = isFilemark ? at + body : mendStreams(bytes, at + body);
  }
}

function mendStreams(bytes: Buffer, start: number): number {
  for (let at = start; at + streamHeaderBytes <= bytes.length; ) {
    seal(bytes, at, 20);
    const end = at + streamHeaderBytes + Number(bytes.readBigUInt64LE(at + 8));
    if (bytes.toString('latin1', at, at + 4) === 'SPAD') return end;
    at = Math.ceil(end / 4) * 4;
  }
  return bytes.length;
}

/** Of an `MSSQLBAK` container: its records and filemarks. */
export function mendContainer(bytes: Buffer): void {
  const isOld = bytes.length > 8 && bytes[8] === 1;
  const [headBytes, recordHead, mark, sumAt] = isOld ? [16, 8, 0x81, 4] : [480, 28, 0x21, 24];
  for (let at = headBytes; at + blockHeaderBytes <= bytes.length; ) {
    const payload = bytes.readUInt16LE(at + 2);
    const end = at + recordHead + payload;
    if (at % sector === 0 && bytes[at] === 0x53) {
      seal(bytes, at, 50);
      at += Math.max(blockHeaderBytes, bytes.readUInt16LE(at + 8));
    } else if (bytes[at] === mark && payload > 256 && end <= bytes.length) {
      bytes.writeUInt32LE(payloadSum(bytes.subarray(at + recordHead, end)), at + sumAt);
      at = end;
    } else at += sector - (at % sector);
  }
}

export function payloadSum(payload: Uint8Array): number {
  const padded = Buffer.alloc((payload.length + 3) & ~3);
  padded.set(payload);
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4)
    sum = ((sum << 1) | (sum >>> 31)) ^ padded.readInt32LE(at);
  return sum >>> 0;
}
