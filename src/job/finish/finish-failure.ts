// Why a waiting backup does not get its name.

import { Failure } from '../../base/errors.ts';
import type { WaitingBackup } from '../files/waiting-backup.ts';
import { checkStripeSets, type StripeProblem } from '../sets/stripe-set.ts';

/** All files of one set, each once. Failure `usage`. */
export function refuseUnlikeStripes(waiting: readonly WaitingBackup[]): void {
  const sets = new Set(waiting.map(({ set }) => set));
  const [problem]: readonly StripeProblem[] =
    sets.size > 1
      ? [{ code: 'several-sets', message: 'these are files of different backups' }]
      : checkStripeSets(waiting.map(({ set, stripe, stripes }) => ({ set, stripe, stripes })));
  if (!problem) return;
  throw new Failure(problem.code, problem.message, {
    hints: [
      'Name every file of one backup, each once.',
      ...waiting.map(
        ({ file, set, stripe, stripes }) => `${file} is stripe ${stripe} of ${stripes} of ${set}`,
      ),
    ],
  });
}

/**
 * Exit 7 where the server that took it has no record: the file is good, SQL Server's word on it is no. Another server
 * could not know it, and has decided nothing: exit 5.
 */
export function unknownBackup(waiting: readonly WaitingBackup[], serverName: string): Failure {
  const [first] = waiting;
  const { set = '', database = '?', server } = first ?? {};
  const left = `${waiting.map(({ file }) => file).join(', ')} ${waiting.length > 1 ? 'were' : 'was'} left as it is`;
  if (server !== undefined && server.toLowerCase() !== serverName.toLowerCase())
    return new Failure(
      'other-server',
      `${serverName} does not know this backup of ${database}, which ${server} took; ${left}`,
      { hints: [`Ask ${server}: -S names it.`] },
    );
  return new Failure(
    'backup-unknown',
    `SQL Server does not count on this backup of ${database}: msdb on ${serverName} has no record of ${set}; ${left}`,
    {
      hints: [
        'It was given up at the last moment, and no log was truncated on the strength of it: take a new backup, then delete the file.',
        'Only if the history in msdb was deleted, restored or not written (Msg 3009) since then can it be good all the same: vdibackup verify, then rename it yourself.',
      ],
    },
  );
}
