// The built-in functions, each with its result type and its meaning.

import { randomUUID } from 'node:crypto';
import { usedPages } from './catalog.ts';
import { connectionProperty, serverProperty, versionText } from './server-property.ts';
import type { Session } from './session.ts';
import { compare, convert, toInteger, toText } from './sql-conversion.ts';
import {
  datetimeType,
  guidType,
  intType,
  nvarchar,
  type SqlType,
  type SqlValue,
  smallintType,
  variantType,
} from './sql-value.ts';

export interface SqlFunction {
  readonly args: readonly [number, number];
  readonly type: SqlType | 'first' | 'second';
  readonly call: (session: Session, args: readonly SqlValue[]) => SqlValue;
}

const name = nvarchar(128);

const text = (value: SqlValue | undefined) =>
  value === null || value === undefined ? null : toText(value);
const whole = (value: SqlValue | undefined) =>
  value === null || value === undefined ? null : Number(toInteger(value));

/** A function of one text that is NULL for NULL. */
function ofText(type: SqlType, call: (value: string) => SqlValue): SqlFunction {
  return {
    args: [1, 1],
    type,
    call: (_, [value]) => {
      const given = text(value);
      return given === null ? null : call(given);
    },
  };
}

function constant(type: SqlType, call: (session: Session) => SqlValue): SqlFunction {
  return { args: [0, 0], type, call };
}

const identity: Record<string, SqlFunction> = {
  SERVERPROPERTY: {
    args: [1, 1],
    type: variantType,
    call: ({ instance }, [property]) => serverProperty(instance, text(property) ?? ''),
  },
  CONNECTIONPROPERTY: {
    args: [1, 1],
    type: variantType,
    call: (session, [property]) => connectionProperty(session, text(property) ?? ''),
  },
  IS_SRVROLEMEMBER: {
    args: [1, 2],
    type: intType,
    call: ({ instance }, [role]) => (isKnownRole(text(role)) ? Number(instance.sysadmin) : null),
  },
  HAS_PERMS_BY_NAME: {
    args: [3, 5],
    type: intType,
    call: ({ instance }) => Number(instance.sysadmin),
  },
  HAS_DBACCESS: {
    args: [1, 1],
    type: intType,
    call: ({ instance }, [database]) => {
      const found = instance.find(text(database) ?? '');
      return found ? Number(found.state === 'ONLINE') : null;
    },
  },
  DB_ID: {
    args: [0, 1],
    type: smallintType,
    call: ({ instance, database }, args) =>
      instance.find(args.length === 0 ? database : (text(args[0]) ?? ''))?.id ?? null,
  },
  DB_NAME: {
    args: [0, 1],
    type: name,
    call: ({ instance, database }, args) =>
      args.length === 0
        ? database
        : (instance.databases.find(({ id }) => id === whole(args[0]))?.name ?? null),
  },
  // Of files of the current database only.
  FILEPROPERTY: {
    args: [2, 2],
    type: intType,
    call: ({ instance, database }, [file, property]) => {
      const current = instance.find(database);
      const wanted = (text(property) ?? '').toLowerCase();
      if (!current || wanted !== 'spaceused') return null;
      return usedPages(instance, current, text(file) ?? '');
    },
  },
  DATABASEPROPERTYEX: {
    args: [2, 2],
    type: variantType,
    call: ({ instance }, [database, property]) => {
      const found = instance.find(text(database) ?? '');
      const values: Record<string, SqlValue> = {
        status: found?.state ?? null,
        recovery: found?.recoveryModel ?? null,
        updateability: found?.readOnly ? 'READ_ONLY' : 'READ_WRITE',
        useraccess: found?.userAccess ?? null,
      };
      return found ? (values[(text(property) ?? '').toLowerCase()] ?? null) : null;
    },
  },
  SUSER_SNAME: {
    args: [0, 1],
    type: name,
    // The principal that every instance is born with (sid 0x01) may have been renamed; here it was.
    call: ({ login }, [sid]) => (sid === undefined ? login.userName : 'sa]renamed'),
  },
  SUSER_NAME: { args: [0, 1], type: name, call: ({ login }) => login.userName },
  ORIGINAL_LOGIN: constant(name, ({ login }) => login.userName),
  HOST_NAME: constant(name, ({ login }) => login.hostName),
  APP_NAME: constant(name, ({ login }) => login.applicationName),
  OBJECT_ID: { args: [1, 2], type: intType, call: () => null },
  GETDATE: constant(datetimeType, () => new Date()),
  GETUTCDATE: constant(datetimeType, () => new Date()),
  SYSDATETIME: constant(datetimeType, () => new Date()),
  SYSUTCDATETIME: constant(datetimeType, () => new Date()),
  NEWID: constant(guidType, () => randomUUID().toUpperCase()),
  'sys.fn_hadr_backup_is_preferred_replica': { args: [1, 1], type: intType, call: () => 1 },
};

function isKnownRole(role: string | null): boolean {
  return ['sysadmin', 'dbcreator', 'serveradmin', 'processadmin'].includes(
    (role ?? '').toLowerCase(),
  );
}

const general: Record<string, SqlFunction> = {
  ISNULL: { args: [2, 2], type: 'first', call: (_, [value, other]) => value ?? other ?? null },
  COALESCE: {
    args: [2, 64],
    type: 'first',
    call: (_, args) => args.find((value) => value !== null) ?? null,
  },
  NULLIF: {
    args: [2, 2],
    type: 'first',
    call: (_, [value = null, other = null]) =>
      value !== null && other !== null && compare(value, other) === 0 ? null : value,
  },
  IIF: {
    args: [3, 3],
    type: 'second',
    call: (_, [condition, yes, no]) => (condition === true ? yes : no) ?? null,
  },
  UPPER: ofText(nvarchar(4000), (value) => value.toUpperCase()),
  LOWER: ofText(nvarchar(4000), (value) => value.toLowerCase()),
  LTRIM: ofText(nvarchar(4000), (value) => value.trimStart()),
  RTRIM: ofText(nvarchar(4000), (value) => value.trimEnd()),
  LEN: ofText(intType, (value) => value.trimEnd().length),
  QUOTENAME: ofText(nvarchar(258), (value) => `[${value.replaceAll(']', ']]')}]`),
  CONCAT: {
    args: [2, 64],
    type: nvarchar(4000),
    call: (_, args) => args.map((value) => text(value) ?? '').join(''),
  },
  REPLACE: {
    args: [3, 3],
    type: nvarchar(4000),
    call: (_, [value, from, to]) =>
      text(value)?.replaceAll(text(from) ?? '', text(to) ?? '') ?? null,
  },
  LEFT: {
    args: [2, 2],
    type: nvarchar(4000),
    call: (_, [value, count]) => text(value)?.slice(0, whole(count) ?? 0) ?? null,
  },
  RIGHT: {
    args: [2, 2],
    type: nvarchar(4000),
    call: (_, [value, count]) => {
      const given = text(value);
      return given === null ? null : given.slice(Math.max(0, given.length - (whole(count) ?? 0)));
    },
  },
  SUBSTRING: {
    args: [3, 3],
    type: nvarchar(4000),
    call: (_, [value, start, count]) => {
      const from = (whole(start) ?? 1) - 1;
      return text(value)?.slice(Math.max(0, from), from + (whole(count) ?? 0)) ?? null;
    },
  },
  CHARINDEX: {
    args: [2, 3],
    type: intType,
    call: (_, [part, value]) =>
      (text(value) ?? '').toLowerCase().indexOf((text(part) ?? '').toLowerCase()) + 1,
  },
  PARSENAME: {
    args: [2, 2],
    type: name,
    call: (_, [value, piece]) => text(value)?.split('.').reverse()[(whole(piece) ?? 1) - 1] ?? null,
  },
  ABS: {
    args: [1, 1],
    type: 'first',
    call: (_, [value]) =>
      Number(value) < 0 ? (convert(-Number(value), intType) ?? null) : (value ?? null),
  },
};

export function findFunction(wanted: string): SqlFunction | undefined {
  const all = { ...identity, ...general };
  return all[wanted.toUpperCase()] ?? all[wanted.toLowerCase()];
}

/** `@@X`: value and type, or `undefined` when there is no such thing. */
export function globalVariable(
  session: Session,
  wanted: string,
): { type: SqlType; value: SqlValue } | undefined {
  const { instance } = session;
  const globals: Record<string, { type: SqlType; value: SqlValue }> = {
    '@@VERSION': { type: nvarchar(300), value: versionText(instance) },
    '@@SERVERNAME': { type: name, value: instance.serverName },
    '@@SERVICENAME': { type: name, value: instance.instanceName ?? 'MSSQLSERVER' },
    '@@SPID': { type: smallintType, value: session.id },
    '@@TRANCOUNT': { type: intType, value: session.transactions },
    '@@ROWCOUNT': { type: intType, value: session.rowCount },
    '@@ERROR': { type: intType, value: session.lastError },
    '@@LANGUAGE': { type: name, value: 'us_english' },
    '@@MAX_PRECISION': { type: intType, value: 38 },
    '@@MICROSOFTVERSION': { type: intType, value: microsoftVersion(instance.versionParts) },
  };
  return globals[wanted.toUpperCase()];
}

function microsoftVersion([major = 0, minor = 0, build = 0]: readonly number[]): number {
  return (major << 24) | (minor << 16) | build;
}
