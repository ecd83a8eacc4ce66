// Where this package lies.

import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of package.json above the module `from` (its import.meta.url): two folders up when bundled, as many as the
 * room is deep when only compiled.
 */
export function packageRoot(from: string): string {
  return nearest(dirname(fileURLToPath(from)));
}

function nearest(folder: string): string {
  if (lstatSync(join(folder, 'package.json'), { throwIfNoEntry: false })) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('package.json of vdibackup is missing: install it again');
  return nearest(above);
}
