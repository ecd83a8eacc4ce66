// The JSON in header and trailer. What is accepted can be written, and reads back the same.

import assert from 'node:assert/strict';
import { decodeArchiveHeader, encodeArchiveHeader } from '../../../src/archive/header.ts';
import {
  decodeArchiveTrailer,
  encodeArchiveTrailer,
  trailerFrameBytes,
} from '../../../src/archive/trailer.ts';
import { archiveFrameMagic, encodeSkippableHead } from '../../../src/zstd/skippable-frame.ts';
import { unlessRefused } from '../judge.ts';

/** Longer texts may be cut when they are written again. */
const maxMessageText = 400;

/** `data` is the content of the frame. */
export function fuzz(data: Uint8Array): void {
  const head = encodeSkippableHead({ magic: archiveFrameMagic, contentBytes: data.length });
  const frame = Buffer.concat([head, data]);
  const header = unlessRefused('integrity', () => decodeArchiveHeader(frame, 'fuzzed'));
  if (header) {
    const { stripe, stripes, blockSize, transferSize, frameSize } = header;
    assertWhole([stripe, stripes, blockSize, transferSize, frameSize, header.compression.level]);
    assertSame(header, decodeArchiveHeader(encodeArchiveHeader(header), 'fuzzed'));
  }
  const trailer = unlessRefused('integrity', () => decodeArchiveTrailer(frame, 'fuzzed'));
  if (trailer) assertWhole([trailer.frames, trailer.rawBytes, trailer.compressedBytes]);
  const isShort = JSON.stringify(trailer ?? '').length < trailerFrameBytes / 2;
  if (!trailer || !isShort || trailer.messages.some(({ text }) => text.length > maxMessageText))
    return;
  assertSame(trailer, decodeArchiveTrailer(encodeArchiveTrailer(trailer), 'fuzzed'));
}

/** What readers allocate and count by. */
function assertWhole(numbers: readonly number[]): void {
  assert.ok(numbers.every(Number.isSafeInteger), numbers.join(' '));
}

/** As JSON, which has no -0. */
function assertSame(one: unknown, other: unknown): void {
  assert.equal(JSON.stringify(other), JSON.stringify(one));
}
