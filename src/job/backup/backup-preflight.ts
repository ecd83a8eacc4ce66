// What is asked of SQL Server before any device exists, and what the answers decide.

import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { Emit } from '../../base/events.js';
import { checkDatabase, checkServer } from '../../sql/facts/preflight.js';
import {
  type DatabaseFacts,
  readDatabaseFacts,
  readServerFacts,
  type ServerFacts,
} from '../../sql/facts/server-facts.js';
import type { SqlSession } from '../../sql/sql-session.js';
import type { BackupRequest } from '../request/backup-request.js';

export interface ServerAnswers {
  readonly server: ServerFacts;
  /** As SQL Server spells it, where it said. */
  readonly databaseName: string;
}

/** Throws `Failure` when the backup cannot succeed; says what is worth a warning. */
export async function askServer(
  session: SqlSession,
  request: BackupRequest,
  emit: Emit,
): Promise<ServerAnswers> {
  const server = await meetServer(session, request, emit);
  const database = await readDatabaseFacts(session, request.database);
  const intent = {
    database: request.database,
    type: request.type,
    compression: request.compression.kind,
    with: request.with,
  };
  for (const warning of checkDatabase(intent, database, server))
    emit({ event: 'warning', ...warning });
  warnAboutName(request, emit);
  return { server, databaseName: spelledName(database) ?? request.database };
}

/** Says which server this is. Throws `Failure('environment')` when it cannot serve a virtual device to this process. */
export async function meetServer(
  session: SqlSession,
  { connection, assumeLocal }: Pick<BackupRequest, 'connection' | 'assumeLocal'>,
  emit: Emit,
): Promise<ServerFacts> {
  const server = await readServerFacts(session);
  emit({
    event: 'connected',
    server: server.serverName ?? connection.host,
    version: server.productVersion ?? 'unknown',
    edition: server.edition ?? 'unknown',
  });
  checkServer(server, { localHostname: hostname(), assumeLocal, login: connection.login?.user });
  return server;
}

function spelledName(database: DatabaseFacts | 'missing' | undefined): string | undefined {
  return typeof database === 'object' ? database.name : undefined;
}

/** Whoever finds `sales.bak` gives it to RESTORE FROM DISK, which does not know zstd. */
function warnAboutName({ files, compression }: BackupRequest, emit: Emit): void {
  const [native] = files.filter((file) => /\.bak$/i.test(file));
  if (native === undefined || compression.kind !== 'zstd') return;
  const name = basename(native);
  emit({
    event: 'warning',
    code: 'zstd-named-bak',
    message: `${name} holds a zstd stream; the native backup comes out with: zstd -dc ${name} > native.bak`,
  });
}
