// Paths as the server's system writes them, which is not always the one this program, or the backup, comes from.
// Pure text: nothing is looked up.

import { posix, win32 } from 'node:path';
import { windowsDevice } from '../base/platform/windows-names.ts';

/** True for a path of Windows: with a drive, a share, or backslashes. SQL Server on Linux reports its own with slashes. */
function isWindowsPath(path: string): boolean {
  return (
    /^[a-z]:/i.test(path) ||
    path.startsWith('\\\\') ||
    (!path.startsWith('/') && path.includes('\\'))
  );
}

/** True when the path does not depend on some current folder. */
export function isAbsolutePath(path: string): boolean {
  return /^(\/|[a-z]:[\\/]|\\\\|https?:\/\/)/i.test(path);
}

/** The last part, without a folder of either system. */
export function fileName(path: string): string {
  return isWindowsPath(path) ? win32.basename(path) : posix.basename(path);
}

/** The folder, with its separator at the end. */
export function folderOf(path: string): string {
  return asFolder(isWindowsPath(path) ? win32.dirname(path) : posix.dirname(path));
}

/** `folder` with one separator of its own system at the end. */
export function asFolder(folder: string): string {
  if (/[\\/]$/.test(folder)) return folder;
  return folder + (isWindowsPath(folder) ? '\\' : '/');
}

/** How a path is compared: SQL Server on Windows does not tell case apart, and two files that differ by it only ask for trouble. */
export function pathKey(path: string): string {
  return path.replaceAll(/[\\/]+/g, '/').toLowerCase();
}

/** A half of a surrogate pair has no bytes in UTF-8. */
const forbidden = /[<>:"/\\|?*\p{Cc}\p{Cs}]/gu;
/** Windows drops them: another name would come out than was asked for. */
const droppedEnd = /[. ]+$/;
/** Together, and with a number between them, they fit into the 255 bytes of a name on Linux, whatever the script. */
const maxStem = { characters: 60, bytes: 220 };
const maxExtension = { characters: 8, bytes: 29 };

/** `name` as a file name that both systems take; never empty. */
export function safeFileName(name: string): string {
  const { name: stem, ext } = posix.parse(name.replaceAll(forbidden, '_').replace(droppedEnd, ''));
  const whole = beginning(stem, maxStem) + beginning(ext, maxExtension);
  const kept = whole.replace(droppedEnd, '');
  if (kept === '') return '_';
  return windowsDevice.test(kept) ? `_${kept}` : kept;
}

function beginning(text: string, most: { characters: number; bytes: number }): string {
  const kept = [...text].slice(0, most.characters);
  while (Buffer.byteLength(kept.join('')) > most.bytes) kept.pop();
  return kept.join('');
}
