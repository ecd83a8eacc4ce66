// Which implementation of SqlSession makes a login: Windows logins need ODBC, everything else speaks TDS itself.

import type { SqlConnectionSettings, SqlSession } from './sql-session.ts';
import { openMssqlSession } from './tds/mssql-session.ts';

/** Throws `Failure('connection')`; a password never appears in it. */
export async function openSession(settings: SqlConnectionSettings): Promise<SqlSession> {
  if (!settings.integrated) return openMssqlSession(settings);
  // Few want it, and every start would load it.
  const { openOdbcSession } = await import('./odbc/odbc-session.ts');
  return openOdbcSession(settings);
}
