// What SQL Server recorded of a backup (msdb): a set is there once SQL Server counts on it, and never after it was given up.

import { quoteLiteral } from '../quoting.ts';
import type { SqlRow, SqlSession } from '../sql-session.ts';
import { text } from './server-facts.ts';

/** By which a backup may be known; any one of them is enough, each is a GUID or holds one. */
export interface BackupKeys {
  /** backupmediafamily.physical_device_name: the name of a virtual device. */
  readonly devices: readonly string[];
  /** backupset.backup_set_uuid, BackupSetGUID of the stream. */
  readonly backupSetId?: string | undefined;
}

export interface RecordedBackup {
  readonly backupSetId: string | undefined;
  readonly database: string | undefined;
  /** backupset.type: D full, I differential, L log. */
  readonly type: string | undefined;
  readonly isCopyOnly: boolean;
  /** Names of its devices, in the order of the media families. */
  readonly devices: readonly string[];
}

const columns = [
  'CAST(s.backup_set_uuid AS nvarchar(36)) AS BackupSetId',
  's.database_name AS DatabaseName',
  's.type AS BackupType',
  'CAST(s.is_copy_only AS int) AS IsCopyOnly',
  'f.physical_device_name AS Device',
].join(', ');

const tables =
  'msdb.dbo.backupmediafamily AS f INNER JOIN msdb.dbo.backupset AS s ON s.media_set_id = f.media_set_id';

/** The backup with one of `keys`; undefined when msdb has none. Throws `Failure`, also when msdb may not be read. */
export async function findRecorded(
  session: SqlSession,
  keys: BackupKeys,
): Promise<RecordedBackup | undefined> {
  const rows = await session.query(
    `SELECT ${columns} FROM ${tables} WHERE ${condition(keys)} ORDER BY s.backup_set_id, f.family_sequence_number`,
  );
  const [first] = rows ?? [];
  return first && recorded(first, rows ?? []);
}

function condition({ devices, backupSetId }: BackupKeys): string {
  const list = devices.map((device) => quoteLiteral(device, 'a device name'));
  return [
    ...(list.length > 0 ? [`f.physical_device_name IN (${list.join(', ')})`] : []),
    ...(backupSetId === undefined ? [] : [`s.backup_set_uuid = ${quoteLiteral(backupSetId)}`]),
  ].join(' OR ');
}

function recorded(first: SqlRow, rows: readonly SqlRow[]): RecordedBackup {
  const backupSetId = text(first, 'BackupSetId');
  return {
    backupSetId,
    database: text(first, 'DatabaseName'),
    type: text(first, 'BackupType'),
    isCopyOnly: Number(first.IsCopyOnly ?? 0) === 1,
    devices: rows
      .filter((row) => text(row, 'BackupSetId') === backupSetId)
      .flatMap((row) => text(row, 'Device') ?? []),
  };
}
