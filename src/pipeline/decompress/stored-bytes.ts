// The form of a native backup: the bytes of the file are the raw bytes.

import { damaged } from '../../storage/io-failure.ts';
import type { Source } from '../../storage/source.ts';
import { filled, type RawContext, type RawWork } from './raw-work.ts';

export async function* storedBytes(source: Source, context: RawContext): AsyncGenerator<RawWork> {
  for (let offset = 0; offset < source.bytes; ) {
    const slot = await context.acquire();
    if (slot === undefined) return;
    const wanted = Math.min(context.frameSize, source.bytes - offset);
    const target = context.bytes(slot).subarray(0, wanted);
    const bytes = await filled(slot, context, source.read(target, offset));
    offset += bytes;
    yield { kind: 'filled', slot, bytes, storedEnd: offset };
    if (bytes < wanted && source.seekable)
      throw damaged(source.name, 'it became shorter', { code: 'truncated' });
    if (bytes < wanted) return;
  }
}
