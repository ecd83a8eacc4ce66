// Finding frames by their headers. zstd itself is the judge: a frame it sees is seen with the same length.

import assert from 'node:assert/strict';
import zstd from 'zstd-napi/binding.js';
import { FrameWalker, type WalkedFrame } from '../../../src/zstd/frame-walker.ts';
import { ByteSource } from '../byte-source.ts';
import { unlessRejected } from '../judge.ts';

export async function fuzz(data: Uint8Array): Promise<void> {
  const bytes = Uint8Array.from(data);
  const source = new ByteSource(bytes, true);
  const newWalker = () => new FrameWalker(source, bytes.length, bytes.length * 8);
  const walker = newWalker();
  for (let offset = 0; offset < bytes.length; ) {
    const at = offset;
    const frame = await unlessRejected('integrity', () => walker.at(at));
    assert.deepEqual(await unlessRejected('integrity', () => newWalker().at(at)), frame);
    assertSeenByZstd(bytes.subarray(at), frame);
    if (!frame || frame.kind === 'large') return;
    offset += frame.bytes;
    assert.ok(offset <= bytes.length, 'a frame behind the end of the file');
  }
}

function assertSeenByZstd(rest: Uint8Array, frame: WalkedFrame | undefined): void {
  const bytes = sizeByZstd(rest);
  if (bytes === undefined || frame?.kind === 'large') return;
  assert.equal(frame?.bytes, bytes);
  if (frame?.kind !== 'data') return;
  assert.equal(frame.rawBytes, Number(zstd.getFrameContentSize(rest)));
}

function sizeByZstd(rest: Uint8Array): number | undefined {
  try {
    return zstd.findFrameCompressedSize(rest);
  } catch {
    return undefined;
  }
}
