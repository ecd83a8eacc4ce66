// What the messages about a database file mean: the operating system's number inside the text says why.

import type { FailureCode } from '../../base/failure-codes.ts';
import {
  ERROR_ACCESS_DENIED,
  ERROR_BAD_NET_NAME,
  ERROR_BAD_NETPATH,
  ERROR_DISK_FULL,
  ERROR_DISK_QUOTA_EXCEEDED,
  ERROR_FILE_NOT_FOUND,
  ERROR_HANDLE_DISK_FULL,
  ERROR_INVALID_DRIVE,
  ERROR_LOCK_VIOLATION,
  ERROR_NOT_READY,
  ERROR_PATH_NOT_FOUND,
  ERROR_SHARING_VIOLATION,
} from '../../base/platform/win32.ts';
import type { SqlMessage } from '../sql-session.ts';
import type { Explanation, Situation } from './explanation.ts';
import { operatingSystemError } from './messages.ts';

/** They carry an operating system error on a file that a restore opens, makes or lets grow. */
const fileMessages: readonly number[] = [3633, 3634, 5120, 5123, 5133, 5149, 5159, 17204, 17207];

const fullDisk: readonly (number | undefined)[] = [
  ERROR_HANDLE_DISK_FULL,
  ERROR_DISK_FULL,
  ERROR_DISK_QUOTA_EXCEEDED,
];
const notFound: readonly (number | undefined)[] = [
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  ERROR_INVALID_DRIVE,
  ERROR_NOT_READY,
  ERROR_BAD_NETPATH,
  ERROR_BAD_NET_NAME,
];
const inUse: readonly (number | undefined)[] = [ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION];

/** `undefined` for other messages, other runs than a restore or drill, and system errors without advice of their own. */
export function explainFile(
  message: SqlMessage,
  { direction }: Situation,
): Explanation | undefined {
  const isReading = direction === 'restore' || direction === 'drill';
  if (!isReading || !fileMessages.includes(message.number)) return undefined;
  const code = operatingSystemError(message);
  if (code === ERROR_ACCESS_DENIED) return noAccess;
  if (fullDisk.includes(code)) return noSpace;
  if (notFound.includes(code)) return noFolder;
  return inUse.includes(code) ? taken : undefined;
}

function explanation(code: FailureCode, hint: string): Explanation {
  return { code, hints: [hint] };
}

const noAccess = explanation(
  'file-location',
  "Let SQL Server's account write into the folder that the message names (Linux: sudo chown mssql: FOLDER), or put the files elsewhere: --data-dir, --log-dir, --move.",
);

const noSpace = explanation(
  'no-space-for-restore',
  'The volume is full: make room there, or put the files elsewhere: --data-dir, --log-dir, --move.',
);

const noFolder = explanation(
  'file-location',
  'The drive or folder does not exist where SQL Server runs: make it, or put the files elsewhere: --data-dir, --log-dir, --move.',
);

const taken = explanation(
  'file-location',
  'Another program or database has the file open: close it (a virus scanner is one), or put the files elsewhere: --data-dir, --log-dir, --move.',
);
