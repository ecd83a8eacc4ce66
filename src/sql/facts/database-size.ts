// How much of a database is in use: about what an uncompressed full backup of it takes.

import { quoteIdentifier } from '../quoting.ts';
import type { SqlRow, SqlSession } from '../sql-session.ts';
import { ask } from './server-facts.ts';

const pageBytes = 8192;

/** sys.database_files.type. */
const LOG = 1;

/** FILEPROPERTY knows files of the current database only. */
const filesQuestion =
  'SELECT CAST(type AS int) AS Type, CAST(size AS bigint) AS Pages, ' +
  "CAST(FILEPROPERTY(name, 'SpaceUsed') AS bigint) AS UsedPages FROM sys.database_files";

/** Bytes in use, without the log. The session is in that database afterwards. Undefined when the server does not say. */
export async function readUsedBytes(
  session: SqlSession,
  database: string,
): Promise<number | undefined> {
  const rows = await ask(session, `USE ${quoteIdentifier(database)}; ${filesQuestion}`);
  return rows && usedBytes(rows);
}

/** Files that do not say what is in use (FILESTREAM) count as a whole. */
export function usedBytes(rows: readonly SqlRow[]): number | undefined {
  const data = rows.filter((row) => row.Type !== LOG);
  const pages = data.map((row) => Number(row.UsedPages ?? row.Pages ?? Number.NaN));
  const sum = pages.reduce((total, each) => total + each, 0);
  return data.length === 0 || Number.isNaN(sum) ? undefined : sum * pageBytes;
}
