// Decompression for tests that must run without the stock zstd: every frame of a file, skippable ones
// left out, through the library that made them. Interop tests use the stock program instead.

import { createHash } from 'node:crypto';
import zstd from 'zstd-napi/binding.js';

/** The raw bytes of a whole archive, as `zstd -dc` gives them. */
export function decompressAll(file: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const size = frameSize(file.subarray(at));
    const frame = file.subarray(at, at + size);
    if (!isSkippable(frame)) parts.push(decompressFrame(frame));
    at += size;
  }
  return Buffer.concat(parts);
}

/** Length and SHA-256, as StandinServer.expectedBytes gives them. */
export function fingerprint(bytes: Buffer): { length: number; sha256: string } {
  return { length: bytes.length, sha256: sha256(bytes) };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isSkippable(frame: Buffer): boolean {
  return frame.readUInt32LE(0) >>> 4 === 0x184d2a5;
}

function frameSize(bytes: Buffer): number {
  if (isSkippable(bytes)) return 8 + bytes.readUInt32LE(4);
  return zstd.findFrameCompressedSize(bytes);
}

function decompressFrame(frame: Buffer): Buffer {
  const raw = Buffer.alloc(Number(zstd.getFrameContentSize(frame)));
  new zstd.DCtx().decompress(raw, frame);
  return raw;
}
