// `--password-file FILE`: the first line of FILE without its line end is the password.

import type { Abort } from '../../base/abort.ts';
import { Failure } from '../../base/errors.ts';
import { readSideInput, type SideInput, why } from '../files/side-input.ts';
import { usageError } from '../usage-error.ts';

/** Bytes; a SQL Server password has at most 128 characters. */
const maxLine = 1024;

interface PasswordFile {
  readonly password: string;
  /** True when somebody besides its owner may read the file. */
  readonly exposed: boolean;
}

export async function readPasswordFile(path: string, abort: Abort): Promise<PasswordFile> {
  const { bytes, stat } = await readStart(path, abort);
  const [line = ''] = textOf(bytes).split(/\r?\n/, 1);
  if (line === '') throw usageError('password-file', `the first line of '${path}' is empty`);
  if (Buffer.byteLength(line) > maxLine) {
    throw usageError(
      'password-file',
      `the first line of '${path}' is longer than ${maxLine} bytes`,
    );
  }
  return { password: line, exposed: stat.isFile() && (stat.mode & 0o077) !== 0 };
}

/** UTF-8, or what its byte order mark says: `>` in Windows PowerShell 5 writes UTF-16. */
function textOf(bytes: Buffer): string {
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isLittleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  const whole = bytes.subarray(0, bytes.length & ~1);
  const text = isBigEndian
    ? Buffer.from(whole).swap16().toString('utf16le')
    : isLittleEndian
      ? whole.toString('utf16le')
      : bytes.toString('utf8');
  return text.replace(/^\ufeff/, '');
}

async function readStart(path: string, abort: Abort): Promise<SideInput> {
  try {
    return await readSideInput(path, 2 * maxLine + 8, abort, (bytes) =>
      textOf(bytes).includes('\n'),
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw usageError('password-file', `cannot read --password-file '${path}': ${why(error)}`);
  }
}
