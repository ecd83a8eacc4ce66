// Asks the instance where database files belong and which there are.

import { folderOf } from '../server-path.ts';
import type { SqlSession } from '../sql-session.ts';
import type { InstancePlaces, PlacedFile } from '../statement/file-relocation.ts';
import { ask, text } from './server-facts.ts';

const foldersQuestion =
  "SELECT CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(260)) AS DataPath, " +
  "CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(260)) AS LogPath";

const filesQuestion =
  'SELECT d.name AS database_name, f.name, f.physical_name, f.type_desc ' +
  'FROM sys.master_files AS f JOIN sys.databases AS d ON d.database_id = f.database_id';

/** In two round trips. Throws `Failure('connection')` only; what the server does not say is absent. */
export async function readInstancePlaces(session: SqlSession): Promise<InstancePlaces> {
  const folders = (await ask(session, foldersQuestion))?.[0] ?? {};
  const rows = (await ask(session, filesQuestion)) ?? [];
  const placed: PlacedFile[] = [];
  // SQL Server 2008 has no such properties; new files go beside those of master there.
  let [dataFolder, logFolder] = [text(folders, 'DataPath'), text(folders, 'LogPath')];
  for (const row of rows) {
    const database = text(row, 'database_name');
    const path = text(row, 'physical_name');
    if (database === undefined || path === undefined) continue;
    placed.push({ database, logicalName: text(row, 'name') ?? '', path });
    if (database !== 'master') continue;
    if (text(row, 'type_desc') === 'LOG') logFolder ??= folderOf(path);
    else dataFolder ??= folderOf(path);
  }
  return { dataFolder, logFolder, placed };
}
