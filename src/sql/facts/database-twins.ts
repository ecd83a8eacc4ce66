// Databases of one server whose names a file system may not tell apart.

import { foldedName } from '../../base/folded-name.ts';
import type { SqlSession } from '../sql-session.ts';
import { ask, text } from './server-facts.ts';

/**
 * The other databases whose names differ from `database`, as SQL Server spells it, only in case or in how characters are
 * composed; none where SQL Server does not say. Throws `Failure('connection')`.
 */
export async function readTwins(session: SqlSession, database: string): Promise<readonly string[]> {
  const rows = (await ask(session, 'SELECT name FROM sys.databases')) ?? [];
  const key = foldedName(database);
  return rows
    .flatMap((row) => text(row, 'name') ?? [])
    .filter((name) => name !== database && foldedName(name) === key);
}
