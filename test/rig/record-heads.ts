// Where the records of a natively compressed backup begin, found without the program, and what their heads say.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, layouts } from '../standin/compressed-reader.ts';
import { corpusPath, oddCorpusPath } from './rig.ts';

const sector = 512;

export interface RecordHead {
  readonly at: number;
  /** Offsets of the bytes that mean something: kind, length before, length after compression (2), checksum (4). */
  readonly meaning: readonly number[];
  /** Offsets of those that SQL Server leaves as its memory was. */
  readonly rest: readonly number[];
}

export function recordHeads(container: Buffer): RecordHead[] {
  const layout = layouts[container.readUInt32LE(8)];
  if (!layout) throw new Error('a container of no known version');
  const heads: RecordHead[] = [];
  for (let at = layout.firstRecord; at < container.length; ) {
    if (container[at] === layout.tag) {
      heads.push(headAt(at, layout));
      at += layout.headBytes + container.readUInt16LE(at + 2);
    } else at = behindFilemark(container, Math.ceil(at / sector) * sector);
  }
  return heads;
}

function headAt(at: number, { headBytes, checksumAt }: Layout): RecordHead {
  const meaning = [0, 1, 2, 3, checksumAt, checksumAt + 1, checksumAt + 2, checksumAt + 3].map(
    (byte) => at + byte,
  );
  const all = Array.from({ length: headBytes }, (_, byte) => at + byte);
  return { at, meaning, rest: all.filter((byte) => !meaning.includes(byte)) };
}

function behindFilemark(container: Buffer, from: number): number {
  for (let at = from; at < container.length; at += sector)
    if (container.toString('latin1', at, at + 4) === 'SFMB')
      return at + container.readUInt16LE(at + 8);
  return container.length;
}

/** The natively compressed backups beside the project. */
export function compressedBackups(): string[] {
  return [corpusPath, oddCorpusPath].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.bak'))
          .map((name) => join(folder, name))
          .filter((path) => readFileSync(path).toString('latin1', 0, 8) === 'MSSQLBAK')
      : [],
  );
}
