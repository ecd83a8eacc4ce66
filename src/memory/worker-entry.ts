// Where the entry of a worker thread lies.

import { extname } from 'node:path';

/**
 * The file of worker `name`, asked for by the module at `from` (its import.meta.url): it lies beside it, compiled or
 * bundled, and has the same extension.
 */
export function workerEntry(name: string, from: string): URL {
  return new URL(`./${name}${extname(from)}`, from);
}
