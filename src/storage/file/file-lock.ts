// The port to the system's lock on an open file. Unlike a socket's name it reaches as far as the file does: over
// network namespaces, bind mounts, and to other machines where the file server keeps locks. It ends with the process.
// Implemented in system/lock/file-locker.ts, because archive/ calls no native code.

import { Failure } from '../../base/errors.ts';

/** What the system says of the process that holds a lock. */
export interface LockHolder {
  readonly pid: number;
  readonly uid?: number;
  readonly started?: Date;
}

export type LockAnswer =
  /** `release` gives it back before the file is closed; any number of times. */
  | { readonly kind: 'locked'; readonly release: () => Promise<void> }
  /** By another process, or by this one through another descriptor. No holder: it lives in another container or machine. */
  | { readonly kind: 'held'; readonly holder?: LockHolder }
  /** This file system, or this system, has no such locks. */
  | { readonly kind: 'unsupported' };

/** Takes the exclusive lock of an open file at once or not at all. Never rejects. */
export type LockFile = (file: {
  readonly descriptor: number;
  readonly path: string;
}) => Promise<LockAnswer>;

/** Exit 11: `what` is what another run has in its hands. */
export function beingWritten(what: string, holder?: LockHolder): Failure {
  const who = holder ? ` (${holderWords(holder)})` : '';
  return new Failure('destination-locked', `${what} is being written by another run${who}`, {
    hints: [
      ...(holder ? [] : ['The other run may be in another container or on another machine.']),
      'wait for that run to end, or choose another file name',
    ],
  });
}

function holderWords({ pid, uid, started }: LockHolder): string {
  const owner = uid === undefined ? '' : ` of user ${uid}`;
  const since = started ? `, started ${started.toISOString().replace(/\.\d+Z$/, 'Z')}` : '';
  return `process ${pid}${owner}${since}`;
}
