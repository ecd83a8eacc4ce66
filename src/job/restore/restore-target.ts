// What cannot be where the database to be restored is one of the system databases: said before anything is connected.
// Pure.

import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';
import { systemDatabase } from '../../sql/facts/system-database.ts';
import { parseWithOptions } from '../../sql/statement/with-options.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import { chainType, type RestoreChain } from '../sets/restore-chain.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';

/**
 * Throws `Failure('usage')` for what the system database does not take, `Failure('database-state')` for tempdb. Any other
 * database takes everything.
 */
export function checkTarget(chain: RestoreChain<RestoreSet>, request: RestoreRequest): void {
  const system = systemDatabase(request.database);
  if (system === undefined) return;
  if (system === 'tempdb')
    throw refused('tempdb', 'tempdb cannot be restored', 'It is created anew at every start.');
  if (system === 'master') checkMaster(chain, request);
  checkPlaces(request);
}

/** "The system database cannot be moved by RESTORE" (Msg 3179). */
function checkPlaces({ database, moves, dataFolder, logFolder }: RestoreRequest): void {
  const words = [
    ...(moves.length > 0 ? ['--move'] : []),
    ...(dataFolder === undefined ? [] : ['--data-dir']),
    ...(logFolder === undefined ? [] : ['--log-dir']),
  ];
  const [word] = words;
  if (word === undefined) return;
  throw refused(
    'system-database-move-given',
    `${word} cannot be: RESTORE does not move ${database}`,
    'Leave it out, or restore under another name.',
  );
}

/** In a single step, from a full backup of master (Msg 3109). */
function checkMaster(chain: RestoreChain<RestoreSet>, request: RestoreRequest): void {
  const [word] = stepWords(request);
  if (word !== undefined)
    throw refused(
      'master-single-step-given',
      `${word} cannot be: master is restored and recovered in a single step`,
      'Leave it out.',
    );
  for (const { name, facts } of chain.steps) {
    const type = facts && chainType({ name, facts });
    if (type === 'diff' || type === 'log')
      throw refused(
        'master-full-only-given',
        `${name} is a ${type === 'diff' ? 'differential' : 'log'} backup: master is only restored from a full one`,
        'Name a full backup of master.',
      );
    const { database } = facts ?? {};
    if (database !== undefined && systemDatabase(database) !== 'master')
      throw refused(
        'not-of-master',
        `${name} is a backup of ${database}: only one of master can be restored as master`,
        `Name the database that it shall become: vdibackup restore ${database} ${name}`,
      );
  }
}

const stopWords = ['STOPAT', 'STOPATMARK', 'STOPBEFOREMARK'];

function stepWords({ end, stopAt, with: options }: RestoreRequest): string[] {
  const stops = options === undefined ? [] : parseWithOptions(options).map(({ name }) => name);
  return [
    ...(end.kind === 'recovery' ? [] : [`--${end.kind}`]),
    ...(stopAt === undefined ? [] : ['--stop-at']),
    ...stops.filter((name) => stopWords.includes(name)),
  ];
}

function refused(
  code: FailureCode<'usage' | 'database-state'>,
  message: string,
  hint: string,
): Failure {
  return new Failure(code, message, { hints: [hint] });
}
