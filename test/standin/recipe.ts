// The bytes of one device as pieces of files (PROTOCOL.md, "Recipes and sinks"): written out, measured, hashed, read back.
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';

export interface Piece {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly count: number;
}

export interface DeviceBytes {
  readonly length: number;
  readonly sha256: string;
}

const readSize = 4 * 1024 * 1024;

export function recipeLength(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length, count }) => sum + length * count, 0);
}

export async function writeRecipe(path: string, pieces: readonly Piece[]): Promise<void> {
  const lines = pieces
    .filter(({ length, count }) => length * count > 0)
    .map(({ path: source, offset, length, count }) => {
      const where = `${encodeURIComponent(source)} ${offset} ${length}`;
      return count === 1 ? `file ${where}\n` : `repeat ${where} ${count}\n`;
    });
  await writeFile(path, lines.join(''));
}

export async function readRecipe(path: string): Promise<Piece[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [verb, source = '', offset, length, count] = line.split(' ');
      return {
        path: decodeURIComponent(source),
        offset: Number(offset),
        length: Number(length),
        count: verb === 'repeat' ? Number(count) : 1,
      };
    });
}

/** The bytes themselves, in order. */
export async function* recipeBytes(pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    const file = await open(piece.path, 'r');
    try {
      for (let round = 0; round < piece.count; round += 1) yield* pieceBytes(file, piece);
    } finally {
      await file.close();
    }
  }
}

async function* pieceBytes(file: FileHandle, piece: Piece): AsyncGenerator<Buffer> {
  for (let done = 0; done < piece.length; ) {
    const buffer = Buffer.alloc(Math.min(readSize, piece.length - done));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, piece.offset + done);
    if (bytesRead === 0) throw new Error(`${piece.path} is shorter than its recipe says`);
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export async function hashRecipe(pieces: readonly Piece[]): Promise<DeviceBytes> {
  const hash = createHash('sha256');
  for await (const bytes of recipeBytes(pieces)) hash.update(bytes);
  return { length: recipeLength(pieces), sha256: hash.digest('hex') };
}

/** `pieces` cut into `count` contiguous parts of whole blocks; the last part takes what is left over. */
export function splitRecipe(pieces: readonly Piece[], count: number, blockSize: number): Piece[][] {
  const blocks = Math.ceil(recipeLength(pieces) / blockSize);
  const share = Math.ceil(blocks / count) * blockSize;
  return Array.from({ length: count }, (_, index) =>
    cut(
      pieces,
      index * share,
      index === count - 1 ? Number.POSITIVE_INFINITY : (index + 1) * share,
    ),
  );
}

function cut(pieces: readonly Piece[], from: number, to: number): Piece[] {
  const part: Piece[] = [];
  let position = 0;
  for (const piece of unrolled(pieces)) {
    const start = Math.max(from, position);
    const end = Math.min(to, position + piece.length);
    if (end > start) {
      part.push({ ...piece, offset: piece.offset + start - position, length: end - start });
    }
    position += piece.length;
  }
  return part;
}

function unrolled(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece) =>
    Array.from({ length: piece.count }, () => ({ ...piece, count: 1 })),
  );
}
