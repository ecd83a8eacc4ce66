// Which implementation of SqlSession makes a login: Windows logins need ODBC, everything else speaks TDS itself.

import { openMssqlSession } from './mssql-session.ts';
import { openOdbcSession } from './odbc-session.ts';
import type { SqlConnectionSettings, SqlSession } from './sql-session.ts';

/** Throws `Failure('connection')`; a password never appears in it. */
export function openSession(settings: SqlConnectionSettings): Promise<SqlSession> {
  return settings.integrated ? openOdbcSession(settings) : openMssqlSession(settings);
}
