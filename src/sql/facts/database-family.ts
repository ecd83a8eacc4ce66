// By what SQL Server knows a database again after it was renamed, restored elsewhere, or taken over by another replica.
// Source: sys.database_recovery_status, family_guid; RESTORE HEADERONLY reports it of a backup as FamilyGUID.

import { quoteLiteral } from '../quoting.ts';
import type { SqlSession } from '../sql-session.ts';
import { ask, text } from './server-facts.ts';

/** Upper case; undefined when SQL Server does not say, as of a database that is offline. Throws `Failure('connection')`. */
export async function readFamilyId(
  session: SqlSession,
  database: string,
): Promise<string | undefined> {
  const rows = await ask(
    session,
    'SELECT CAST(r.family_guid AS nvarchar(36)) AS FamilyId FROM sys.database_recovery_status AS r ' +
      'INNER JOIN sys.databases AS d ON d.database_id = r.database_id ' +
      `WHERE d.name = ${quoteLiteral(database, 'a database name')}`,
  );
  return rows?.[0] && text(rows[0], 'FamilyId')?.toUpperCase();
}
