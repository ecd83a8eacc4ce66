// What the messages about a virtual device mean: there the number only says which call failed, and the operating
// system's number inside the text says why. Source: vdi-contract §2, §4.4, §4.5, §8.

import type { FailureKind } from '../../errors.js';
import type { SqlMessage } from '../sql-session.js';
import { isAbortConsequence, operatingSystemError } from './messages.js';

/** What a message of SQL Server stands for: exit code, stable name, next steps. */
export interface Explanation {
  readonly kind: FailureKind;
  readonly code: string;
  readonly hints: readonly string[];
}

export const errorLogHint = "Look at SQL Server's error log for the lines just before this one.";

/** What an abort leaves behind in the session; the reason is elsewhere. */
const abortedHint =
  'Operating system error 995 is the consequence of an abort, by this program or by a cancellation: the first error above is the reason.';

/** Device messages whose meaning lies in the operating system's number. */
export function explainDevice(message: SqlMessage): Explanation | undefined {
  const { number, text } = message;
  if (number === 18210 && text.includes('AllocateBuffer')) return sharedMemory;
  if (isAbortConsequence(message))
    return { kind: 'sql-statement', code: 'aborted', hints: [abortedHint] };
  const code = operatingSystemError(message);
  if (number === 3201) return openFailures.get(code) ?? cannotOpen;
  if (number === 3202 && code === diskFull)
    return {
      kind: 'sql-statement',
      code: 'destination-full',
      hints: ['Make room at the destination.'],
    };
  if (number === 3202 || number === 18210)
    return { kind: 'sql-statement', code: 'device-error', hints: [errorLogHint] };
  return undefined;
}

const diskFull = 112;

/** vdi-contract §4.5: the two switches a container needs; without them buffers cannot be shared. */
const sharedMemory: Explanation = {
  kind: 'environment',
  code: 'vdi-shared-memory',
  hints: [
    'Give the container shared memory: --shm-size 1g.',
    'In /var/opt/mssql/mssql.conf set [memory] enablecontainersharedmemory = true and restart SQL Server.',
    'vdibackup must see the same /dev/shm: run it in the same container, or share its IPC namespace.',
  ],
};

const cannotOpen: Explanation = {
  kind: 'sql-statement',
  code: 'device-not-opened',
  hints: [errorLogHint],
};

const otherNamespace: Explanation = {
  kind: 'environment',
  code: 'device-not-found',
  hints: [
    'SQL Server did not find the virtual device under that name: it runs on another machine, in another container, or is another instance than the one this program prepared.',
    'Run vdibackup on the machine and in the IPC namespace of SQL Server; check -S.',
  ],
};

const deviceRights: Explanation = {
  kind: 'environment',
  code: 'device-access-denied',
  hints: [
    'SQL Server may not open what this program created: on Windows run from an elevated shell, on Linux run as the user mssql (sudo -u mssql vdibackup …).',
  ],
};

/** By operating system error of 3201. VD_E_NOTOPEN, VD_E_INVALID, file not found; access denied, VD_E_SECURITY. */
const openFailures = new Map<number | undefined, Explanation>([
  [0x80770002, otherNamespace],
  [0x80770006, otherNamespace],
  [2, otherNamespace],
  [0x80070002, otherNamespace],
  [5, deviceRights],
  [0x80070005, deviceRights],
  [0x80770005, deviceRights],
]);
