// What must be so, and what is lost, when a restore replaces a database that is online: asked before anything long begins.

import { Failure } from '../../base/errors.ts';
import type { Emit, JobEvent } from '../../base/events.ts';
import { state } from '../../sql/facts/preflight.ts';
import type { DatabaseFacts } from '../../sql/facts/server-facts.ts';
import { readUnsavedLog, type UnsavedLog } from '../../sql/facts/unsaved-log.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import type { RestoreRequest } from '../request/restore-request.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';

/** Undefined where the restore makes a database, or replaces one that nobody can use as it is. */
export function onlineDatabase(
  facts: DatabaseFacts | 'missing' | undefined,
): DatabaseFacts | undefined {
  return typeof facts === 'object' && facts.state === 'ONLINE' ? facts : undefined;
}

/**
 * Before hours of verification. Throws `Failure('usage')` for backups that can be read only once, and
 * `Failure('database-state')` when there is no tail to back up.
 */
export async function checkReplaced(
  session: SqlSession,
  replaced: DatabaseFacts | undefined,
  { database, tail, verify }: RestoreRequest,
  sets: readonly RestoreSet[],
  emit: Emit,
): Promise<void> {
  if (tail) refuseNoTail(replaced, database);
  if (!replaced) return;
  if (verify) refusePipes(sets, replaced);
  if (!hasLog(replaced)) return;
  const log = await readUnsavedLog(session, replaced.name);
  if (tail && log.canBackUp === false)
    throw noTail(
      `no log backup of ${quoteIdentifier(database)} is possible: it has no full backup`,
    );
  if (!tail) emit(lost(replaced, log));
}

function hasLog({ recoveryModel, isInStandby }: DatabaseFacts): boolean {
  return (recoveryModel === 'FULL' || recoveryModel === 'BULK_LOGGED') && !isInStandby;
}

function refuseNoTail(replaced: DatabaseFacts | undefined, database: string): void {
  const name = quoteIdentifier(database);
  if (!replaced) throw noTail(`no database ${name} is online and being replaced`);
  if (replaced.isInStandby) throw noTail(`database ${name} is in standby`);
  if (replaced.recoveryModel === 'SIMPLE')
    throw noTail(`database ${name} has the recovery model SIMPLE`);
}

function noTail(why: string): Failure {
  return state('no-tail', `--tail has no log to back up: ${why}`, [
    'Leave out --tail; a full backup keeps the database as it is.',
  ]);
}

function refusePipes(sets: readonly RestoreSet[], { name }: DatabaseFacts): void {
  if (sets.every(({ backups }) => backups.every(({ source }) => source.seekable))) return;
  throw new Failure(
    'unverifiable',
    `a pipe cannot be verified before database ${quoteIdentifier(name)}, which is ONLINE, is replaced`,
    { hints: ['Write it to a file first, or say --no-verify.'] },
  );
}

function lost({ name, recoveryModel }: DatabaseFacts, { canBackUp, since }: UnsavedLog): JobEvent {
  const database = `database ${quoteIdentifier(name)} (recovery model ${recoveryModel})`;
  if (canBackUp === false)
    return {
      event: 'warning',
      code: 'unsaved-log',
      message: `no log backup of ${database} is possible, because it has no full backup: all of it is lost`,
      hint: 'To keep it, take a full backup first: vdibackup --type full.',
    };
  const when = since === undefined ? '' : `, which began at ${since},`;
  return {
    event: 'warning',
    code: 'unsaved-log',
    message: `what was changed in ${database} since its last log backup${when} is lost`,
    hint: 'To keep it, back up the tail of the log first: --tail FILE.',
  };
}
