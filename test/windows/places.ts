// Where the Windows rig keeps what it makes. Everything lies under build/, which is never committed.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Compiled files lie in <out>/test/windows, three folders below the project.
export const projectFolder = fileURLToPath(new URL('../../../', import.meta.url));
/** Where this file's own compilation lies, and the program's beside it. */
export const outFolder = fileURLToPath(new URL('../../', import.meta.url));
export const rigFolder = join(projectFolder, 'build', 'windows');
export const cacheFolder = join(rigFolder, 'cache');
export const prefixFolder = join(rigFolder, 'prefix');
export const system32 = join(prefixFolder, 'drive_c', 'windows', 'system32');
export const appFolder = join(rigFolder, 'app');
export const standinDll = join(projectFolder, 'build', 'standin', 'windows', 'sqlvdi.dll');

/** The path of a file of this system as a program under Wine sees it: drive Z is the root. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}
