// Generated MTF streams as files in a folder, and as the recipe that refers to them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MtfStream } from './mtf-generator.ts';
import type { Piece } from './recipe.ts';

/** Writes head, page block and tail under `name`; a few MiB, whatever the length of the stream. */
export async function spool(stream: MtfStream, folder: string, name: string): Promise<Piece[]> {
  const { head, pages, repeats, remainder, tail } = stream;
  const whole = async (suffix: string, bytes: Buffer): Promise<Piece> => {
    const path = join(folder, `${name}.${suffix}`);
    await writeFile(path, bytes);
    return { path, offset: 0, length: bytes.length, count: 1 };
  };
  const block = await whole('pages', pages);
  const pieces = [
    await whole('head', head),
    { ...block, count: repeats },
    { ...block, length: remainder },
    await whole('tail', tail),
  ];
  return pieces.filter(({ length, count }) => length * count > 0);
}
