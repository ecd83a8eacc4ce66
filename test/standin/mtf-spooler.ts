// Generated MTF streams as files in a folder, and as the recipe that refers to them.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MtfStream } from './mtf-generator.ts';
import type { Piece } from './recipe.ts';

/** Writes head, page block and tail; a few MiB, whatever the length. Streams of the same pages may share `pageFile`. */
export async function spool(
  stream: MtfStream,
  folder: string,
  name: string,
  pageFile = `${name}.pages`,
): Promise<Piece[]> {
  const { head, pages, repeats, remainder, tail } = stream;
  const whole = async (file: string, bytes: Buffer): Promise<Piece> => {
    const path = join(folder, file);
    // By rename: another run may be reading the pages of the same name.
    await writeFile(`${path}.${name}`, bytes);
    await rename(`${path}.${name}`, path);
    return { path, offset: 0, length: bytes.length, count: 1 };
  };
  const block = await whole(pageFile, pages);
  const pieces = [
    await whole(`${name}.head`, head),
    { ...block, count: repeats },
    { ...block, length: remainder },
    await whole(`${name}.tail`, tail),
  ];
  return pieces.filter(({ length, count }) => length * count > 0);
}
