// What the messages about a virtual device mean: there the number only says which call failed, and the operating
// system's number inside the text says why. Sources: MSSQLSERVER_18210 and the pages of VDI in Microsoft Learn, vdierror.h of sql-server-samples.

import { ERROR_DISK_FULL } from '../../base/platform/win32.ts';
import { sentText } from '../server-message.ts';
import type { SqlMessage } from '../sql-session.ts';
import type { Explanation } from './explanation.ts';
import { isAbortConsequence, operatingSystemError } from './messages.ts';

/** What an abort leaves behind in the session; the reason is elsewhere. */
const abortedHint =
  'Operating system error 995 is the consequence of an abort, by this program or by a cancellation: the first error above is the reason.';

/** Device messages whose meaning lies in the operating system's number. */
export function explainDevice(message: SqlMessage): Explanation | undefined {
  const { number } = message;
  if (number === 18210 && sentText(message).includes('AllocateBuffer')) return sharedMemory;
  if (isAbortConsequence(message)) return { code: 'aborted', hints: [abortedHint] };
  const code = operatingSystemError(message);
  if (number === 3201) return openFailures.get(code);
  if (number === 3202 && code === ERROR_DISK_FULL)
    return {
      code: 'destination-full',
      hints: ['Make room at the destination.'],
    };
  return undefined;
}

/** Without both, buffers cannot be shared (Microsoft Learn, "Enable VDI backup and restore in containers"). */
const sharedMemory: Explanation = {
  code: 'vdi-shared-memory',
  hints: [
    'Give the container shared memory: --shm-size 1g.',
    'In /var/opt/mssql/mssql.conf set [memory] enablecontainersharedmemory = true and restart SQL Server.',
    'vdibackup must see the same /dev/shm: run it in the same container, or share its IPC namespace.',
  ],
};

const otherNamespace: Explanation = {
  code: 'device-not-found',
  hints: [
    'SQL Server did not find the virtual device under that name: it runs on another machine, in another container, or is another instance than the one this program prepared.',
    'Run vdibackup on the machine and in the IPC namespace of SQL Server; check -S.',
  ],
};

const deviceRights: Explanation = {
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
