// After a restore that did not succeed: what state the database is in, compared with the one before, and what to do about it.

import { within } from '../../base/deadline.ts';
import type { Emit } from '../../base/events.ts';
import { type DatabaseFacts, readDatabaseFacts } from '../../sql/facts/server-facts.ts';
import { quoteIdentifier, quoteLiteral } from '../../sql/quoting.ts';
import type { SqlSession } from '../../sql/sql-session.ts';

/** How long SQL Server may take to say it, ms. */
const answerTimeoutMs = 1000;

/** As SQL Server said; undefined when it did not. */
type Facts = DatabaseFacts | 'missing' | undefined;

export interface DatabaseBefore {
  readonly facts: Facts;
  /** This run goes on with a database that waits for more backups, instead of making it. */
  readonly isContinued: boolean;
}

export interface Aftermath {
  readonly database: string;
  readonly before: DatabaseBefore;
  /** Backups that this run restored before it failed. */
  readonly restored: readonly string[];
  /** SQL Server had read something of the backup that failed, or of one before. */
  readonly isTouched: boolean;
  /** This run backed up the tail of its log WITH NORECOVERY, or was about to. */
  readonly hasTail?: boolean;
}

interface Words {
  readonly message: string;
  readonly hint?: string;
}

/** What SQL Server says of `database` within `patienceMs`; undefined when it says nothing. Never rejects. */
export function factsInTime(
  session: SqlSession,
  database: string,
  patienceMs: number,
): Promise<Facts> {
  const asked = readDatabaseFacts(session, database).catch(() => undefined);
  return within(asked, patienceMs, { ref: false });
}

/** Asks, unless there is nobody to ask, and says it as a warning. Never rejects. */
export async function sayAftermath(
  session: SqlSession | undefined,
  aftermath: Aftermath,
  emit: Emit,
): Promise<void> {
  const facts = session && (await factsInTime(session, aftermath.database, answerTimeoutMs));
  emit({ event: 'warning', code: 'database-left', ...leftBehind(aftermath, facts) });
}

/** `facts` are of now. */
export function leftBehind(aftermath: Aftermath, facts: Facts): Words {
  if (facts === 'missing') return gone(aftermath);
  const state = stateOf(facts);
  if (state === undefined) return unknown(aftermath);
  if (state === 'RESTORING')
    return aftermath.before.isContinued ? stillOpen(aftermath) : leftOpen(aftermath);
  return { message: compared(aftermath, state) };
}

/** A standby is ONLINE to sys.databases, and yet waits for more. */
function stateOf(facts: Facts): string | undefined {
  if (typeof facts !== 'object') return undefined;
  return facts.isInStandby ? 'in standby' : facts.state;
}

function gone({ database, before }: Aftermath): Words {
  const name = quoteIdentifier(database);
  return typeof before.facts === 'object'
    ? { message: `there is no database ${name} any more`, hint: 'Restore it again.' }
    : { message: `there is no database ${name}: nothing was left behind` };
}

function unknown({ database }: Aftermath): Words {
  return {
    message: `what state database ${quoteIdentifier(database)} is in could not be asked`,
    hint: `SELECT state_desc FROM sys.databases WHERE name = ${quoteLiteral(database)}`,
  };
}

/** It waited for backups before this run, and must not be dropped for it. */
function stillOpen(aftermath: Aftermath): Words {
  const { database, restored } = aftermath;
  const name = quoteIdentifier(database);
  const hint = 'Restore the log backup that it needs next: the error above says which.';
  if (restored.length > 0)
    return {
      message: `database ${name} is still RESTORING, with ${list(restored)} restored`,
      hint,
    };
  const was = stateOf(aftermath.before.facts);
  return was === 'RESTORING'
    ? { message: `database ${name} is still RESTORING, as it was before this run`, hint }
    : { message: compared(aftermath, 'RESTORING'), hint };
}

function leftOpen(aftermath: Aftermath): Words {
  const { database, restored, before } = aftermath;
  const name = quoteIdentifier(database);
  if (restored.length > 0)
    return {
      message: `database ${name} was left RESTORING, with ${list(restored)} restored: nobody can use it`,
      hint: `Go on from there: name the remaining backups alone. Or remove it: DROP DATABASE ${name};`,
    };
  if (aftermath.hasTail && !aftermath.isTouched)
    return {
      message: `database ${name} is RESTORING since the tail of its log was backed up; nothing was restored over it`,
      hint: `Restore it again without --tail, or take it back as it was: RESTORE DATABASE ${name} WITH RECOVERY;`,
    };
  const was = stateOf(before.facts);
  if (was === 'RESTORING' && !aftermath.isTouched)
    return { message: `database ${name} is still RESTORING, as it was before this run` };
  if (was !== undefined)
    return {
      message: `database ${name} was left RESTORING: nobody can use it, and what it held before this run is overwritten`,
      hint: 'Restore it again with --replace.',
    };
  return {
    message: `database ${name} was left RESTORING: nobody can use it`,
    hint: `Restore it again with --replace, or remove it: DROP DATABASE ${name};`,
  };
}

function compared({ database, before, restored, isTouched }: Aftermath, state: string): string {
  const name = quoteIdentifier(database);
  const was = stateOf(before.facts);
  if (was === undefined) return `database ${name} is ${state}`;
  if (was !== state) return `database ${name} is ${state}; it was ${was} before this run`;
  const isSame = restored.length === 0 && (before.isContinued || !isTouched);
  if (isSame) return `database ${name} is ${state}, as it was before this run`;
  return restored.length > 0
    ? `database ${name} is ${state}, with ${list(restored)} restored`
    : `database ${name} is ${state}`;
}

/** As many names as fit a line. */
const mostNamed = 3;

function list(names: readonly string[]): string {
  if (names.length <= mostNamed) return names.join(', ');
  return `${names.length} backups, the last of them ${names.at(-1)},`;
}
