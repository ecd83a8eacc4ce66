// The assertions of a drill run inside a database that may come from anybody: a table they name may be a view over a
// linked server, a function may call xp_cmdshell. So the session gives up the rights of its login for good first, and
// is the owner of this one database from then on.
//
// What that is worth: "EXECUTE AS (Transact-SQL)", https://learn.microsoft.com/sql/t-sql/statements/execute-as-transact-sql:
// a context switch to a database user does not inherit the server-level permissions of that user, and any attempt to
// access resources outside of the database fails. Only a TRUSTWORTHY database could extend that, and a restored one
// never is ("TRUSTWORTHY database property"). NO REVERT, because a COOKIE could be read by code of the same session.

import { Failure } from '../../base/errors.ts';
import { isError } from '../../sql/message/messages.ts';
import { failureFromMessage, queryFailure } from '../../sql/message/statement-failure.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlMessage, SqlSession } from '../../sql/sql-session.ts';

/** In a batch of its own: in a module, sp_executesql included, the switch would end with the module. */
const becomeOwner = "EXECUTE AS USER = 'dbo' WITH NO REVERT";

/**
 * Errors of `becomeOwner` where the owner the backup brought along cannot be looked up here: no such Windows account
 * (15404), no such principal (15517), or another owner in the database than in master (33009).
 */
const ownerUnknown = [15404, 15517, 33009];

/** From now on `session` is the owner of `database` and cannot be anything else. */
export async function confine(session: SqlSession, database: string): Promise<void> {
  await session.query(`USE ${quoteIdentifier(database)}`);
  const refused = await refusal(session);
  if (!refused) return;
  if (!ownerUnknown.includes(refused.number))
    throw failureFromMessage(refused, { direction: 'drill' });
  await giveToAdministrator(session, database);
  const still = await refusal(session);
  if (still) throw failureFromMessage(still, { direction: 'drill' });
}

async function refusal(session: SqlSession): Promise<SqlMessage | undefined> {
  const outcome = await session.execute(becomeOwner, () => undefined).outcome;
  const error = outcome.messages.find(isError);
  const failure = error ? undefined : queryFailure(outcome, { direction: 'drill' });
  if (failure) throw failure;
  return error;
}

/**
 * Makes the login that every instance has (sid 0x01, usually sa) the owner. Its rights end at the database all the same.
 * A DDL trigger in the database would run with ours: ALTER_AUTHORIZATION_DATABASE has database scope, too ("DDL Events",
 * https://learn.microsoft.com/sql/relational-databases/triggers/ddl-events).
 */
async function giveToAdministrator(session: SqlSession, database: string): Promise<void> {
  const triggers = await session.query(
    'SELECT name FROM sys.triggers WHERE parent_class = 0 AND is_disabled = 0',
  );
  if (triggers === undefined || triggers.length > 0) throw triggersInTheWay();
  const [row] = (await session.query('SELECT SUSER_SNAME(0x01) AS name')) ?? [];
  const name = typeof row?.name === 'string' ? row.name : 'sa';
  await session.query(
    `ALTER AUTHORIZATION ON DATABASE::${quoteIdentifier(database)} TO ${quoteIdentifier(name)}`,
  );
}

function triggersInTheWay(): Failure {
  return new Failure(
    'drill-not-confined',
    'the restored database can be asked nothing: its owner has no login here, and giving it another owner would run a DDL trigger of that database with the rights of sysadmin',
    {
      hints: [
        'Make a login for the owner (SELECT SUSER_SNAME(owner_sid) FROM sys.databases on the server it comes from), or drill without assertions.',
      ],
    },
  );
}
