// What a backup must know about the server and the database before it starts: three flat questions, typed answers.
// An answer that is missing or NULL is `undefined` and blocks nothing; only a definite no does (preflight.ts).

import { Failure } from '../../base/errors.ts';
import { quoteLiteral } from '../quoting.ts';
import type { SqlRow, SqlSession } from '../sql-session.ts';

export interface ServerFacts {
  /** Windows machine, or the virtual network name of a failover cluster. */
  readonly machineName?: string | undefined;
  /** NetBIOS name of the node SQL Server runs on now. */
  readonly physicalMachineName?: string | undefined;
  /** `MACHINE\INSTANCE`. */
  readonly serverName?: string | undefined;
  /** `undefined` for the default instance. */
  readonly instanceName?: string | undefined;
  readonly edition?: string | undefined;
  /** SERVERPROPERTY('EngineEdition'): 2 Standard, 3 Enterprise, 4 Express, 5 Azure SQL Database, 8 Managed Instance … */
  readonly engineEdition?: number | undefined;
  /** e.g. `16.0.4135.4`. */
  readonly productVersion?: string | undefined;
  /** First number of the version: 10 = 2008, 16 = 2022. */
  readonly productMajor?: number | undefined;
  readonly isSysadmin?: boolean | undefined;
  /** Started with -m or -f: one connection at a time. */
  readonly isSingleUser?: boolean | undefined;
}

export interface DatabaseFacts {
  /** As sys.databases spells it: whether case matters is the server's affair. */
  readonly name: string;
  /** ONLINE, RESTORING, RECOVERING, RECOVERY_PENDING, SUSPECT, EMERGENCY, OFFLINE … */
  readonly state?: string | undefined;
  /** FULL, BULK_LOGGED or SIMPLE. */
  readonly recoveryModel?: string | undefined;
  /** Transparent data encryption (TDE). */
  readonly isEncrypted?: boolean | undefined;
  /** MULTI_USER, SINGLE_USER or RESTRICTED_USER. */
  readonly userAccess?: string | undefined;
  /** True for a database snapshot. */
  readonly isSnapshot?: boolean | undefined;
  /** True when a log restore WITH STANDBY left it readable. */
  readonly isInStandby?: boolean | undefined;
}

const serverQuestion = `SELECT ${[
  property('MachineName', 'nvarchar(128)'),
  property('ComputerNamePhysicalNetBIOS', 'nvarchar(128)'),
  property('ServerName', 'nvarchar(128)'),
  property('InstanceName', 'nvarchar(128)'),
  property('Edition', 'nvarchar(128)'),
  property('EngineEdition', 'int'),
  property('ProductVersion', 'nvarchar(128)'),
  property('IsSingleUser', 'int'),
].join(', ')}`;

const roleQuestion = "SELECT IS_SRVROLEMEMBER('sysadmin') AS IsSysadmin";

/** The server's facts, in two round trips. Throws `Failure('connection')` only. */
export async function readServerFacts(session: SqlSession): Promise<ServerFacts> {
  const server = (await ask(session, serverQuestion))?.[0] ?? {};
  const role = (await ask(session, roleQuestion))?.[0] ?? {};
  const productVersion = text(server, 'ProductVersion');
  const major = Number.parseInt(productVersion ?? '', 10);
  return {
    machineName: text(server, 'MachineName'),
    physicalMachineName: text(server, 'ComputerNamePhysicalNetBIOS'),
    serverName: text(server, 'ServerName'),
    instanceName: text(server, 'InstanceName'),
    edition: text(server, 'Edition'),
    engineEdition: number(server, 'EngineEdition'),
    productVersion,
    productMajor: Number.isNaN(major) ? undefined : major,
    isSysadmin: bit(role, 'IsSysadmin'),
    isSingleUser: bit(server, 'IsSingleUser'),
  };
}

/**
 * The facts of database `name`, in one round trip: `'missing'` when the server definitely has none of that name,
 * `undefined` when it did not say. Throws `Failure('usage')` for a name that cannot be, and `Failure('connection')`.
 */
export async function readDatabaseFacts(
  session: SqlSession,
  name: string,
): Promise<DatabaseFacts | 'missing' | undefined> {
  const rows = await ask(session, databaseQuestion(name));
  if (!rows) return undefined;
  if (rows.length === 0) return 'missing';
  const row = rowOf(name, rows);
  if (!row) return undefined;
  const source = row.source_database_id;
  return {
    name: text(row, 'name') ?? name,
    state: text(row, 'state_desc')?.toUpperCase(),
    recoveryModel: text(row, 'recovery_model_desc')?.toUpperCase(),
    isEncrypted: bit(row, 'is_encrypted'),
    userAccess: text(row, 'user_access_desc')?.toUpperCase(),
    isSnapshot: source === undefined ? undefined : Number(source ?? 0) > 0,
    isInStandby: bit(row, 'is_in_standby'),
  };
}

/** Never another database's row, whatever the server sent: the name in it goes into the BACKUP statement. */
function rowOf(name: string, rows: readonly SqlRow[]): SqlRow | undefined {
  const spelled = (row: SqlRow) => text(row, 'name');
  const sameButForCase = (row: SqlRow) => spelled(row)?.toLowerCase() === name.toLowerCase();
  return rows.find((row) => spelled(row) === name) ?? rows.find(sameButForCase);
}

function databaseQuestion(name: string): string {
  return (
    'SELECT name, state_desc, recovery_model_desc, is_encrypted, user_access_desc, ' +
    `source_database_id, is_in_standby FROM sys.databases WHERE name = ${quoteLiteral(name, 'a database name')}`
  );
}

function property(name: string, type: string): string {
  return `CAST(SERVERPROPERTY('${name}') AS ${type}) AS ${name}`;
}

/** Rows, or `undefined` when the server refused the question: an old or unusual server is no reason not to back it up. */
export async function ask(
  session: SqlSession,
  question: string,
): Promise<readonly SqlRow[] | undefined> {
  try {
    return await session.query(question);
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'connection') return undefined;
    throw error;
  }
}

export function text(row: SqlRow, column: string): string | undefined {
  const value = row[column];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(row: SqlRow, column: string): number | undefined {
  const value = row[column];
  return typeof value === 'number' ? value : undefined;
}

/** A bit column, or an int that is 0 or 1 (IS_SRVROLEMEMBER). */
function bit(row: SqlRow, column: string): boolean | undefined {
  const value = row[column];
  if (typeof value === 'boolean') return value;
  return value === 0 || value === 1 ? value === 1 : undefined;
}
