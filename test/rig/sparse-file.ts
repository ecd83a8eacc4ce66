// Files that are mostly holes: gibibytes to whoever reads them, a few KiB on the disk.

import { closeSync, ftruncateSync, openSync, writevSync } from 'node:fs';

export interface SparseFile {
  readonly bytes: number;
  readonly parts: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** Parts and holes, one behind the other. */
export class SparseFileBuilder {
  readonly #parts: { at: number; bytes: Uint8Array }[] = [];
  #at = 0;

  /** Bytes so far. */
  get bytes(): number {
    return this.#at;
  }

  add(...parts: readonly Uint8Array[]): this {
    for (const bytes of parts) {
      this.#parts.push({ at: this.#at, bytes });
      this.#at += bytes.length;
    }
    return this;
  }

  hole(bytes: number): this {
    this.#at += bytes;
    return this;
  }

  end(): SparseFile {
    return { bytes: this.#at, parts: this.#parts };
  }
}

/** Of the bytes alone. */
export function solidFile(...parts: readonly Uint8Array[]): SparseFile {
  return new SparseFileBuilder().add(...parts).end();
}

export function writeSparse(path: string, { bytes, parts }: SparseFile): void {
  const file = openSync(path, 'w', 0o600);
  try {
    ftruncateSync(file, bytes);
    for (const { at, run } of runs(parts)) writevSync(file, run, at);
  } finally {
    closeSync(file);
  }
}

/** Parts that follow each other without a hole are written together. */
function runs(parts: SparseFile['parts']): { readonly at: number; readonly run: Uint8Array[] }[] {
  const found: { at: number; run: Uint8Array[]; end: number }[] = [];
  for (const { at, bytes } of parts) {
    if (bytes.length === 0) continue;
    const last = found.at(-1);
    if (last?.end !== at) found.push({ at, run: [bytes], end: at + bytes.length });
    else {
      last.run.push(bytes);
      last.end += bytes.length;
    }
  }
  return found;
}
