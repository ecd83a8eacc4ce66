// After a restore that did not succeed: what state the database is in, and what to do about it.

import { asError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { quoteIdentifier } from '../sql/quoting.ts';
import { type DatabaseFacts, readDatabaseFacts } from '../sql/server-facts.ts';
import type { SqlSession } from '../sql/sql-session.ts';

/** Asks and says it as a warning. Never rejects. */
export async function sayAftermath(
  session: SqlSession,
  database: string,
  emit: Emit,
): Promise<void> {
  const facts = await readDatabaseFacts(session, database).catch((thrown) => asError(thrown));
  const known = facts instanceof Error ? undefined : facts;
  emit({ event: 'warning', code: 'database-left', ...leftBehind(database, known) });
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
