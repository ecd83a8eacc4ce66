// The form of what is decompressed as one stream: frames that are too long to be taken whole, or too short to be worth it.

import type { Source } from '../../storage/source.ts';
import { filled, type RawContext, type RawWork } from './raw-work.ts';
import { StreamDecoder } from './stream-decoder.ts';

/** Of the bytes from `start` to `end`. `passed` may refuse what the decoder has gone through so far. */
export async function* decodedStream(
  source: Source,
  [start, end]: readonly [number, number],
  context: RawContext,
  passed: (position: number) => Promise<void> = async () => undefined,
): AsyncGenerator<RawWork> {
  const decoder = new StreamDecoder(source, start, end, context.decompressor);
  try {
    for (;;) {
      const slot = await context.acquire();
      if (slot === undefined) return;
      const decoded = await filled(slot, context, decoder.fill(slot, context.frameSize));
      yield { kind: 'filled', slot, bytes: decoded.filled, storedEnd: decoder.position };
      if (decoded.error !== undefined) throw decoder.broken(decoded.error);
      await passed(decoder.position);
      if (decoded.ended) return;
    }
  } finally {
    void decoder.end();
  }
}
