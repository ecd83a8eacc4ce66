// How a stream is cut into pieces: chosen by the input's last byte, so that every input is replayed the same way.

/** Of a long stream, so that a run stays short. */
const maxPieces = 1000;
const sizes = [1, 2, 3, 21, 22, 51, 52, 511, 512, 513, 1000, 4096, 65_536];

/** `bytes` in pieces of one size. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const wanted = sizes[(bytes.at(-1) ?? 0) % sizes.length] as number;
  const size = Math.max(wanted, Math.floor(bytes.length / maxPieces));
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Whether checksums are to be put right first: every other input is read as it is. */
export function wantsMending(bytes: Uint8Array): boolean {
  return (bytes.at(-1) ?? 0) >= 0x80;
}
