// A backup of which SQL Server was told that every byte is safe, and of which it then said neither success nor failure:
// whether it is to be kept, and what the user is told about it.

import { Failure } from '../../base/errors.ts';
import type { Verdict } from '../../sql/message/messages.ts';

/** One file that is kept, under the name it has now. */
export interface KeptFile {
  readonly path: string;
  /** Why it could not be given a name that no later run replaces. */
  readonly problem?: Error;
}

/**
 * Whether SQL Server may count on the backup. `assured`: it was told that all of it is durable. After a `failure` it does
 * not; where it said both 3014 and 3013 nobody knows, and a file too many costs less than a log that is gone.
 */
export function mayCount(assured: boolean, verdict: Verdict | undefined): boolean {
  return assured && verdict !== undefined && verdict !== 'failure';
}

/** `cause` with what was kept: its code, and so its exit code, stays. No file: the backup went to stdout. */
export function unconfirmedFailure(
  cause: Error,
  setId: string,
  kept: readonly KeptFile[],
): Failure {
  const known = cause instanceof Failure ? cause : unexpected(cause);
  const paths = kept.map(({ path }) => path);
  const what = paths.length > 0 ? `, which is kept as ${paths.join(', ')}` : onStdout;
  return known.with({
    message: `${cause.message}; SQL Server may count on this backup${what}`,
    hints: [...(paths.length > 0 ? fileHints(kept) : stdoutHints(setId)), ...known.hints],
    data: { setId, unconfirmed: paths },
  });
}

function unexpected({ message, cause }: Error): Failure {
  return new Failure('internal-error', message, { cause });
}

const onStdout = ', of which standard output has taken every byte';

function fileHints(kept: readonly KeptFile[]): string[] {
  const paths = kept.map(({ path }) => shellWord(path)).join(' ');
  return [
    `Ask SQL Server whether it does, and finish the backup: vdibackup finish ${paths}`,
    'Keep it until then: a log may have been truncated that is nowhere else.',
    ...kept.flatMap(({ path, problem }) => (problem ? [unnamed(path, problem)] : [])),
  ];
}

function unnamed(path: string, problem: Error): string {
  return `Move ${path} away before the next run, which may replace it: it has no safe name (${problem.message}).`;
}

function stdoutHints(setId: string): string[] {
  return [
    `SQL Server counts on it if msdb.dbo.backupmediafamily has the physical_device_name ${setId}.`,
    'Then keep what the reader has got: it is the whole backup. An archive of vdibackup lacks only its trailer: vdibackup extract --salvage gets the native backup out.',
  ];
}

/** A path as a shell takes it for one word. */
function shellWord(path: string): string {
  return /^[\w./:\\@%+=,~-]+$/.test(path) ? path : `"${path}"`;
}
