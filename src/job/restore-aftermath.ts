// After a restore that did not succeed: what state the database is in, and what to do about it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit } from '../base/events.js';
import { type DatabaseFacts, readDatabaseFacts } from '../sql/facts/server-facts.js';
import { quoteIdentifier } from '../sql/quoting.js';
import type { SqlSession } from '../sql/sql-session.js';

/** How long SQL Server may take to say it, ms. */
const answerTimeoutMs = 1000;

/** What SQL Server says of `database` within `patienceMs`; undefined when it says nothing. Never rejects. */
export function factsInTime(
  session: SqlSession,
  database: string,
  patienceMs: number,
): Promise<DatabaseFacts | 'missing' | undefined> {
  const asked = readDatabaseFacts(session, database).catch(() => undefined);
  return Promise.race([asked, sleep(patienceMs, undefined, { ref: false })]);
}

/** Asks, unless there is nobody to ask, and says it as a warning. Never rejects. */
export async function sayAftermath(
  session: SqlSession | undefined,
  database: string,
  emit: Emit,
): Promise<void> {
  const facts = session && (await factsInTime(session, database, answerTimeoutMs));
  emit({ event: 'warning', code: 'database-left', ...leftBehind(database, facts) });
}

function leftBehind(
  database: string,
  facts: DatabaseFacts | 'missing' | undefined,
): { message: string; hint?: string } {
  const name = quoteIdentifier(database);
  if (facts === 'missing')
    return { message: `there is no database ${name}: nothing was left behind` };
  if (!facts?.state)
    return {
      message: `what state database ${name} is in could not be asked`,
      hint: `SELECT state_desc FROM sys.databases WHERE name = N'${database.replaceAll("'", "''")}'`,
    };
  if (facts.isInStandby)
    return { message: `database ${name} is in standby, as it was before the backup that failed` };
  if (facts.state !== 'RESTORING') return { message: `database ${name} is ${facts.state}` };
  return {
    message: `database ${name} was left RESTORING: nobody can use it`,
    hint: `Restore it again with --replace, or remove it: DROP DATABASE ${name};`,
  };
}
