// System errors of files, pipes and folders in the words of the product: what failed, the system's own
// reason, the next step, and the Win32 code that tells SQL Server the same. Not here: usage errors.

import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { asError, Failure } from '../base/errors.ts';
import type { FailureCode } from '../base/failure-codes.ts';
import {
  ERROR_ACCESS_DENIED,
  ERROR_BROKEN_PIPE,
  ERROR_DISK_FULL,
  ERROR_IO_DEVICE,
  ERROR_WRITE_PROTECT,
} from '../base/platform/win32.ts';

interface Reason {
  readonly code: FailureCode<'io'>;
  readonly win32: number;
  readonly hint: string;
}

const diskFull: Reason = {
  code: 'disk-full',
  win32: ERROR_DISK_FULL,
  hint: 'free space there, or choose another destination; a smaller file needs a higher compression level',
};
const quota: Reason = {
  ...diskFull,
  code: 'quota-exceeded',
  hint: 'raise the quota of the account that runs vdibackup, or choose another destination',
};
const tooLarge: Reason = {
  ...diskFull,
  code: 'file-too-large',
  hint: 'the file system or the process limit (ulimit -f) does not take a file this large: stripe the backup over several files or raise the limit',
};
const denied: Reason = {
  code: 'access-denied',
  win32: ERROR_ACCESS_DENIED,
  hint: 'give the account that runs vdibackup write access to the folder, or choose another destination',
};
const readOnly: Reason = {
  code: 'read-only',
  win32: ERROR_WRITE_PROTECT,
  hint: 'the file system is mounted read-only: choose another destination',
};
const brokenPipe: Reason = {
  code: 'broken-pipe',
  win32: ERROR_BROKEN_PIPE,
  hint: 'the program that reads the output ended early: look at its own error',
};
const missing: Reason = {
  code: 'not-found',
  win32: ERROR_IO_DEVICE,
  hint: 'check the path; vdibackup creates files but no folders',
};
const other: Reason = {
  code: 'io-error',
  win32: ERROR_IO_DEVICE,
  hint: 'look at the system log for errors of the disk or the network share',
};

const reasons: Readonly<Record<string, Reason>> = {
  ENOSPC: diskFull,
  EDQUOT: quota,
  EFBIG: tooLarge,
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  EPIPE: brokenPipe,
  ECONNRESET: brokenPipe,
  ENOENT: missing,
  ENOTDIR: missing,
};

/** Systems errors libuv has no name for: Node reports them as `Unknown system error -122`. */
const unnamed: Readonly<Record<string, string>> = { EDQUOT: 'disk quota exceeded' };

/** The system's name (`ENOSPC`) of a thrown error; `undefined` when it did not come from the system. */
export function systemErrorName(thrown: unknown): string | undefined {
  const { code, errno } = asError(thrown) as NodeJS.ErrnoException;
  if (code && /^E[A-Z0-9]+$/.test(code)) return code;
  if (typeof errno !== 'number') return undefined;
  return Object.entries(constants.errno).find(([, value]) => value === Math.abs(errno))?.[0];
}

function systemErrorWords(thrown: unknown): string {
  const { errno, message } = asError(thrown) as NodeJS.ErrnoException;
  const name = systemErrorName(thrown);
  if (!name) return message;
  const words =
    unnamed[name] ??
    (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ??
    message;
  return `${words} (${name})`;
}

/**
 * The failure (kind `io`, exit 8) of a system call on a file.
 * @param what verb phrase of the attempt, e.g. `write`, `make durable`
 * @param name file as the user knows it, e.g. `sales.bak.partial`
 * @param hints next steps that replace the usual one of this error
 */
export function ioFailure(
  what: string,
  name: string,
  thrown: unknown,
  hints?: readonly string[],
): Failure {
  if (thrown instanceof Failure) return thrown;
  const reason = reasons[systemErrorName(thrown) ?? ''] ?? other;
  return new Failure(reason.code, `cannot ${what} ${name}: ${systemErrorWords(thrown)}`, {
    hints: hints ?? [reason.hint],
    cause: thrown,
    win32: reason.win32,
  });
}

interface DamagePlace {
  readonly code?: 'archive-damaged' | 'archive-version' | 'truncated';
  /** Byte of the file. */
  readonly offset?: number | undefined;
}

/** The failure (kind `integrity`, exit 9) of bytes that are not what the format says. */
export function damaged(
  file: string,
  what: string,
  { code = 'archive-damaged', offset }: DamagePlace = {},
): Failure {
  return new Failure(code, `${file} is damaged: ${what}`, {
    offset,
    hints: [
      'copy the file again from where it was made and compare sizes',
      'vdibackup extract --salvage gets the frames that are still good',
    ],
  });
}
