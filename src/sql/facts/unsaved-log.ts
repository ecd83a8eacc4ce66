// What of the log of a database is in no backup yet. Source: sys.database_recovery_status, last_log_backup_lsn, where the
// next log backup begins: NULL where none is possible; msdb.dbo.backupset, whose last_lsn of the log backup before is the same.

import { quoteLiteral } from '../quoting.ts';
import type { SqlSession } from '../sql-session.ts';
import { ask, text } from './server-facts.ts';

export interface UnsavedLog {
  /** False when there was no full backup to begin a log chain with; undefined when SQL Server does not say. */
  readonly canBackUp: boolean | undefined;
  /** When the last log backup began, local time of the server, ISO; undefined when none is known. */
  readonly since: string | undefined;
}

/** Throws `Failure('connection')`. */
export async function readUnsavedLog(session: SqlSession, database: string): Promise<UnsavedLog> {
  const name = quoteLiteral(database, 'a database name');
  const status = `sys.database_recovery_status AS r INNER JOIN sys.databases AS d ON d.database_id = r.database_id`;
  const isPossible = await ask(
    session,
    `SELECT CASE WHEN r.last_log_backup_lsn IS NULL THEN 0 ELSE 1 END AS IsPossible FROM ${status} WHERE d.name = ${name}`,
  );
  const last = await ask(
    session,
    `SELECT CONVERT(nvarchar(19), MAX(s.backup_start_date), 126) AS Since FROM ${status} ` +
      'INNER JOIN msdb.dbo.backupset AS s ON s.last_lsn = r.last_log_backup_lsn ' +
      `WHERE d.name = ${name} AND s.database_name = ${name} AND s.type = 'L'`,
  );
  const answer = isPossible?.[0]?.IsPossible;
  return {
    canBackUp: answer === undefined ? undefined : Number(answer) === 1,
    since: last?.[0] && text(last[0], 'Since'),
  };
}
