// The catalog views a backup tool asks, as columns and rows.
import { type Database, firstUserDatabase, type Instance } from './instance.ts';
import { firstLogLsn } from './mtf-configuration.ts';
import { serverProperty } from './server-property.ts';
import type { Session } from './session.ts';
import {
  bigintType,
  bitType,
  datetimeType,
  guidType,
  intType,
  numericType,
  nvarchar,
  type SqlType,
  type SqlValue,
  smallintType,
  tinyintType,
  variantType,
} from './sql-value.ts';

export interface CatalogTable {
  readonly columns: Readonly<Record<string, SqlType>>;
  readonly rows: (session: Session) => readonly Readonly<Record<string, SqlValue>>[];
}

const name = nvarchar(128);
const description = nvarchar(60);
const pageBytes = 8192;

const stateNumbers: Record<Database['state'], number> = {
  ONLINE: 0,
  RESTORING: 1,
  RECOVERING: 2,
  RECOVERY_PENDING: 3,
  SUSPECT: 4,
  EMERGENCY: 5,
  OFFLINE: 6,
};
const recoveryNumbers = { FULL: 1, BULK_LOGGED: 2, SIMPLE: 3 };
const accessNumbers = { MULTI_USER: 0, SINGLE_USER: 1, RESTRICTED_USER: 2 };

const databases: CatalogTable = {
  columns: {
    name,
    database_id: intType,
    source_database_id: intType,
    owner_sid: nvarchar(85),
    create_date: datetimeType,
    compatibility_level: tinyintType,
    collation_name: name,
    user_access: tinyintType,
    user_access_desc: description,
    is_read_only: bitType,
    is_auto_close_on: bitType,
    state: tinyintType,
    state_desc: description,
    is_in_standby: bitType,
    is_cleanly_shutdown: bitType,
    recovery_model: tinyintType,
    recovery_model_desc: description,
    page_verify_option: tinyintType,
    page_verify_option_desc: description,
    is_distributor: bitType,
    is_encrypted: bitType,
    is_memory_optimized_enabled: bitType,
    replica_id: guidType,
    group_database_id: guidType,
    is_query_store_on: bitType,
  },
  rows: ({ instance }) => instance.databases.map((database) => databaseRow(instance, database)),
};

function databaseRow(instance: Instance, database: Database): Record<string, SqlValue> {
  const { description: given } = database;
  const source = given.snapshotOf ? instance.find(given.snapshotOf)?.id : undefined;
  return {
    name: database.name,
    database_id: database.id,
    source_database_id: source ?? null,
    owner_sid: null,
    create_date: database.created,
    compatibility_level: given.compatibilityLevel ?? (instance.versionParts[0] ?? 16) * 10,
    collation_name:
      database.state === 'ONLINE' ? (given.collation ?? 'SQL_Latin1_General_CP1_CI_AS') : null,
    user_access: accessNumbers[database.userAccess],
    user_access_desc: database.userAccess,
    is_read_only: database.readOnly,
    is_auto_close_on: false,
    state: stateNumbers[database.state],
    state_desc: database.state,
    is_in_standby: given.inStandby ?? false,
    is_cleanly_shutdown: false,
    recovery_model: recoveryNumbers[database.recoveryModel],
    recovery_model_desc: database.recoveryModel,
    page_verify_option: 2,
    page_verify_option_desc: 'CHECKSUM',
    is_distributor: false,
    is_encrypted: given.encrypted ?? false,
    is_memory_optimized_enabled: false,
    replica_id: null,
    group_database_id: null,
    is_query_store_on: false,
  };
}

const configurations: CatalogTable = {
  columns: {
    configuration_id: intType,
    name: nvarchar(35),
    value: variantType,
    minimum: variantType,
    maximum: variantType,
    value_in_use: variantType,
    description: nvarchar(255),
    is_dynamic: bitType,
    is_advanced: bitType,
  },
  rows: ({ instance }) => [
    setting(1579, 'backup compression default', instance.backupCompressionDefault ? 1 : 0),
    setting(1584, 'backup checksum default', 0),
    setting(1591, 'backup compression algorithm', 0),
    setting(16390, 'xp_cmdshell', 0),
    setting(1544, 'max server memory (MB)', 2_147_483_647),
    setting(1539, 'max degree of parallelism', 0),
  ],
};

function setting(id: number, label: string, value: number): Record<string, SqlValue> {
  return {
    configuration_id: id,
    name: label,
    value,
    minimum: 0,
    maximum: 2_147_483_647,
    value_in_use: value,
    description: label,
    is_dynamic: true,
    is_advanced: false,
  };
}

const fileColumns = {
  database_id: intType,
  file_id: intType,
  file_guid: guidType,
  type: tinyintType,
  type_desc: description,
  data_space_id: intType,
  name,
  physical_name: nvarchar(260),
  state: tinyintType,
  state_desc: description,
  size: intType,
  max_size: intType,
  growth: intType,
  is_media_read_only: bitType,
  is_read_only: bitType,
  differential_base_lsn: numericType(25, 0),
};

/** Data pages of a database, told from what its full backup stream holds. */
export function dataPages(database: Database): number {
  return Math.max(1024, Math.ceil(streamPages(database) / 128) * 128);
}

function streamPages({ description: { streams } }: Database): number {
  return Math.ceil((streams.kind === 'generate' ? streams.bytes : 8 * 1024 * 1024) / pageBytes);
}

/** Pages in use in a file of the database: what its stream holds; of the log, a little. */
export function usedPages(instance: Instance, database: Database, file: string): number | null {
  const row = fileRows(instance, database).find(
    ({ name: given }) => String(given).toLowerCase() === file.trimEnd().toLowerCase(),
  );
  if (!row) return null;
  return row.type === 0 ? Math.min(streamPages(database), Number(row.size)) : 128;
}

function fileRows(instance: Instance, database: Database): Record<string, SqlValue>[] {
  const folder = String(serverProperty(instance, 'InstanceDefaultDataPath'));
  const row = (fileId: number, type: number, suffix: string, extension: string, size: number) => ({
    database_id: database.id,
    file_id: fileId,
    file_guid: null,
    type,
    type_desc: type === 0 ? 'ROWS' : 'LOG',
    data_space_id: type === 0 ? 1 : 0,
    name: `${database.name}${suffix}`,
    physical_name: `${folder}${database.name}${suffix}${extension}`,
    state: 0,
    state_desc: 'ONLINE',
    size,
    max_size: -1,
    growth: 8192,
    is_media_read_only: false,
    is_read_only: database.readOnly,
    differential_base_lsn: null,
  });
  return [row(1, 0, '', '.mdf', dataPages(database)), row(2, 1, '_log', '.ldf', 1024)];
}

const masterFiles: CatalogTable = {
  columns: fileColumns,
  rows: ({ instance }) => instance.databases.flatMap((database) => fileRows(instance, database)),
};

const databaseFiles: CatalogTable = {
  columns: fileColumns,
  rows: ({ instance, database }) => {
    const current = instance.find(database);
    return current ? fileRows(instance, current) : [];
  },
};

const requests: CatalogTable = {
  columns: {
    session_id: smallintType,
    request_id: intType,
    start_time: datetimeType,
    status: nvarchar(30),
    command: nvarchar(32),
    database_id: smallintType,
    percent_complete: { kind: 'float' },
    estimated_completion_time: bigintType,
    wait_type: nvarchar(60),
    blocking_session_id: smallintType,
  },
  rows: ({ instance }) =>
    [...instance.requests.values()].map((request) => ({
      session_id: request.session,
      request_id: 0,
      start_time: request.started,
      status: 'suspended',
      command: request.command,
      database_id: request.databaseId,
      percent_complete: request.percent,
      estimated_completion_time: 0n,
      wait_type: 'BACKUPTHREAD',
      blocking_session_id: 0,
    })),
};

const connections: CatalogTable = {
  columns: {
    session_id: intType,
    net_transport: nvarchar(40),
    protocol_type: nvarchar(40),
    encrypt_option: nvarchar(40),
    auth_scheme: nvarchar(40),
    client_net_address: nvarchar(48),
    local_net_address: nvarchar(48),
    local_tcp_port: intType,
  },
  rows: ({ id, encrypted }) => [
    {
      session_id: id,
      net_transport: 'TCP',
      protocol_type: 'TSQL',
      encrypt_option: encrypted ? 'TRUE' : 'FALSE',
      auth_scheme: 'SQL',
      client_net_address: '127.0.0.1',
      local_net_address: '127.0.0.1',
      local_tcp_port: null,
    },
  ],
};

const sessions: CatalogTable = {
  columns: {
    session_id: smallintType,
    host_name: name,
    program_name: name,
    login_name: name,
    database_id: smallintType,
    is_user_process: bitType,
  },
  rows: ({ id, login, database, instance }) => [
    {
      session_id: id,
      host_name: login.hostName,
      program_name: login.applicationName,
      login_name: login.userName,
      database_id: instance.find(database)?.id ?? 1,
      is_user_process: true,
    },
  ],
};

const hostInfo: CatalogTable = {
  columns: {
    host_platform: nvarchar(256),
    host_distribution: nvarchar(256),
    host_release: nvarchar(256),
    host_service_pack_level: nvarchar(256),
  },
  rows: ({ instance }) => [
    {
      host_platform: instance.platform,
      host_distribution: 'stand-in',
      host_release: '',
      host_service_pack_level: '',
    },
  ],
};

const backupSets: CatalogTable = {
  columns: {
    backup_set_id: intType,
    backup_set_uuid: guidType,
    media_set_id: intType,
    database_name: name,
    type: nvarchar(1),
    name,
    backup_start_date: datetimeType,
    backup_finish_date: datetimeType,
    backup_size: numericType(20, 0),
    is_copy_only: bitType,
    last_lsn: numericType(25, 0),
    server_name: name,
    machine_name: name,
  },
  rows: ({ instance }) =>
    instance.history.map((entry, index) => ({
      backup_set_id: index + 1,
      backup_set_uuid: entry.setId,
      media_set_id: index + 1,
      database_name: entry.database,
      type: entry.type,
      name: entry.name,
      backup_start_date: entry.started,
      backup_finish_date: entry.finished,
      backup_size: BigInt(entry.bytes),
      is_copy_only: entry.copyOnly,
      last_lsn: entry.lastLsn,
      server_name: instance.serverName,
      machine_name: instance.machineName,
    })),
};

/** A virtual device is always new media: every backup has a media set of its own. */
const mediaSets: CatalogTable = {
  columns: {
    media_set_id: intType,
    media_uuid: guidType,
    media_family_count: tinyintType,
    name,
    software_name: name,
  },
  rows: ({ instance }) =>
    instance.history.map(({ mediaSetId, devices }, index) => ({
      media_set_id: index + 1,
      media_uuid: mediaSetId,
      media_family_count: devices.length,
      name: null,
      software_name: 'Microsoft SQL Server',
    })),
};

/** backupmediafamily.device_type of a virtual device. */
const virtualDevice = 7;

const mediaFamilies: CatalogTable = {
  columns: {
    media_set_id: intType,
    family_sequence_number: tinyintType,
    media_family_id: guidType,
    media_count: intType,
    logical_device_name: name,
    physical_device_name: nvarchar(260),
    device_type: tinyintType,
  },
  rows: ({ instance }) =>
    instance.history.flatMap(({ devices }, index) =>
      devices.map((device, family) => ({
        media_set_id: index + 1,
        family_sequence_number: family + 1,
        media_family_id: null,
        media_count: 1,
        logical_device_name: null,
        physical_device_name: device,
        device_type: virtualDevice,
      })),
    ),
};

const encryptionKeys: CatalogTable = {
  columns: { database_id: intType, encryption_state: intType, key_algorithm: nvarchar(32) },
  rows: ({ instance }) =>
    instance.databases
      .filter(({ description: given }) => given.encrypted)
      .map(({ id }) => ({ database_id: id, encryption_state: 3, key_algorithm: 'AES' })),
};

const recoveryStatus: CatalogTable = {
  columns: {
    database_id: intType,
    database_guid: guidType,
    family_guid: guidType,
    recovery_fork_guid: guidType,
    last_log_backup_lsn: numericType(25, 0),
  },
  rows: ({ instance }) =>
    instance.databases.map((database) => ({
      database_id: database.id,
      database_guid: database.recoveryFork,
      // Of a database that was never restored; its streams say the same (mtf-configuration.ts).
      family_guid: database.state === 'OFFLINE' ? null : database.recoveryFork,
      recovery_fork_guid: database.recoveryFork,
      last_log_backup_lsn:
        database.recoveryModel !== 'SIMPLE' && database.fullBackup
          ? nextLog(instance, database)
          : null,
    })),
};

/** Where the log backup before ended; without one, where the first begins. */
function nextLog({ history }: Instance, { name: wanted }: Database): bigint {
  const logs = history.filter(({ type, database }) => type === 'L' && database === wanted);
  return logs.at(-1)?.lastLsn ?? firstLogLsn;
}

const triggers: CatalogTable = {
  columns: { name, object_id: intType, parent_class: tinyintType, is_disabled: bitType },
  rows: ({ instance, database }) =>
    (instance.find(database)?.id ?? 0) < firstUserDatabase
      ? []
      : instance.ddlTriggers.map((trigger, index) => ({
          name: trigger,
          object_id: index + 1,
          parent_class: 0,
          is_disabled: false,
        })),
};

const tables: Readonly<Record<string, CatalogTable>> = {
  'sys.databases': databases,
  'sys.configurations': configurations,
  'sys.master_files': masterFiles,
  'sys.database_files': databaseFiles,
  'sys.dm_exec_requests': requests,
  'sys.dm_exec_connections': connections,
  'sys.dm_exec_sessions': sessions,
  'sys.dm_os_host_info': hostInfo,
  'sys.dm_database_encryption_keys': encryptionKeys,
  'sys.database_recovery_status': recoveryStatus,
  'sys.triggers': triggers,
  'dbo.backupset': backupSets,
  'dbo.backupmediaset': mediaSets,
  'dbo.backupmediafamily': mediaFamilies,
};

export function findTable(table: string): CatalogTable | undefined {
  return tables[table];
}
