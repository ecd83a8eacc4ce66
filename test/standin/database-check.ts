// Whether a database may be backed up or restored over, before any device is touched.
import { backupMessages } from './backup-message.ts';
import { DeviceFailure } from './device-failure.ts';
import type { DeviceOptions } from './device-options.ts';
import type { Database, Instance } from './instance.ts';
import type { MtfBackupType } from './mtf-configuration.ts';
import type { ServerMessage } from './sql-error.ts';
import type { DeviceOperation } from './statement.ts';

/** The database to back up; throws DeviceFailure with SQL Server's reason why not. */
export function backupTarget(
  instance: Instance,
  name: string,
  type: MtfBackupType,
  options: DeviceOptions,
): Database {
  const database = instance.find(name);
  if (!database) throw new DeviceFailure([backupMessages.unknownDatabase(name)]);
  const reason =
    stateProblem(database, type, options) ??
    kindProblem(database, type) ??
    typeProblem(database, type);
  if (reason) throw new DeviceFailure([reason]);
  return database;
}

function stateProblem(
  database: Database,
  type: MtfBackupType,
  options: DeviceOptions,
): ServerMessage | undefined {
  const isTail =
    type === 'log' && (options.has('NO_TRUNCATE') || options.has('CONTINUE_AFTER_ERROR'));
  switch (database.state) {
    case 'ONLINE':
      return undefined;
    case 'OFFLINE':
      return backupMessages.offline(database.name);
    case 'RESTORING':
      return backupMessages.restoring(database.name);
    case 'RECOVERING':
      return backupMessages.recovering(database.name);
    case 'EMERGENCY':
      return isTail ? undefined : backupMessages.emergency();
    case 'RECOVERY_PENDING':
    case 'SUSPECT':
      return isTail ? undefined : backupMessages.suspect(database.name);
  }
}

function kindProblem(database: Database, type: MtfBackupType): ServerMessage | undefined {
  const name = database.name.toLowerCase();
  if (name === 'tempdb') return backupMessages.tempdb();
  if (name === 'master' && type !== 'full') return backupMessages.masterFullOnly();
  if (database.description.snapshotOf) return backupMessages.snapshot();
  if (database.description.inStandby) return backupMessages.standby(database.name);
  return undefined;
}

function typeProblem(database: Database, type: MtfBackupType): ServerMessage | undefined {
  if (type === 'log' && database.recoveryModel === 'SIMPLE') return backupMessages.noLogOfSimple();
  if (type === 'log' && !database.fullBackup) return backupMessages.noCurrentBackup();
  if (type === 'diff' && !database.fullBackup) return backupMessages.noBase(database.name);
  return undefined;
}

/** The existing database that RESTORE will overwrite or continue; `undefined` when it makes a new one. */
export function checkDatabaseForRestore(
  instance: Instance,
  name: string | undefined,
  operation: DeviceOperation,
  options: DeviceOptions,
): Database | undefined {
  if (name === undefined) return undefined;
  const database = instance.find(name);
  if (operation === 'RESTORE LOG') {
    if (!database) throw new DeviceFailure([backupMessages.cannotCreate(name)]);
    if (database.state !== 'RESTORING') throw new DeviceFailure([backupMessages.noFilesReady()]);
    return database;
  }
  const keepsTail = database?.state === 'ONLINE' && database.recoveryModel !== 'SIMPLE';
  if (keepsTail && !options.replace)
    throw new DeviceFailure([backupMessages.tailNotBackedUp(name)]);
  return database;
}
