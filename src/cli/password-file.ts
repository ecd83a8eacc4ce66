// `--password-file FILE`: the first line of FILE without its line end is the password.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { usageError } from './usage-error.js';

/** Bytes; a SQL Server password has at most 128 characters. */
const maxLine = 1024;

export interface PasswordFile {
  readonly password: string;
  /** True when somebody besides its owner may read the file. */
  readonly exposed: boolean;
}

export function readPasswordFile(path: string): PasswordFile {
  const { bytes, mode, isFile } = readStart(path);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw usageError('password-file', `the first line of '${path}' is empty`);
  if (Buffer.byteLength(line) > maxLine) {
    throw usageError(
      'password-file',
      `the first line of '${path}' is longer than ${maxLine} bytes`,
    );
  }
  return { password: line, exposed: isFile && (mode & 0o077) !== 0 };
}

function readStart(path: string): { bytes: Buffer; mode: number; isFile: boolean } {
  try {
    const fd = openSync(path, 'r');
    try {
      const stat = fstatSync(fd);
      return { bytes: readUpTo(fd, maxLine + 8), mode: stat.mode, isFile: stat.isFile() };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw usageError('password-file', `cannot read --password-file '${path}': ${why(error)}`);
  }
}

/** The first `size` bytes; a pipe gives them in pieces. */
function readUpTo(fd: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size && !bytes.subarray(0, length).includes(0x0a)) {
    const read = readSync(fd, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

const reasons: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

/** The operating system's reason, in words. */
export function why(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}
