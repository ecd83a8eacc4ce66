// What is asked of SQL Server before any device exists, and what the answers decide.

import { basename } from 'node:path';
import type { Emit } from '../../base/events.ts';
import { readFamilyId } from '../../sql/facts/database-family.ts';
import { readTwins } from '../../sql/facts/database-twins.ts';
import { checkDatabase } from '../../sql/facts/preflight.ts';
import {
  type DatabaseFacts,
  readDatabaseFacts,
  type ServerFacts,
} from '../../sql/facts/server-facts.ts';
import { quoteIdentifier } from '../../sql/quoting.ts';
import type { SqlSession } from '../../sql/sql-session.ts';
import { refuseOtherDatabases } from '../files/replaced-backup.ts';
import type { BackupRequest } from '../request/backup-request.ts';
import { meetServer } from '../serving/meet-server.ts';

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

/** `request` with the names by which its files are told from those of a twin, where the database has one. */
export async function nameFiles(
  session: SqlSession,
  request: BackupRequest,
  { databaseName }: ServerAnswers,
  emit: Emit,
): Promise<BackupRequest> {
  const { twinFiles: files } = request;
  const [twin] = files ? await readTwins(session, databaseName) : [];
  if (!files || twin === undefined) return request;
  emit({
    event: 'warning',
    code: 'twin-database',
    message: `some file systems cannot tell ${quoteIdentifier(databaseName)} from ${quoteIdentifier(twin)}: the names of their files have a tag`,
  });
  return { ...request, files };
}

/** Before BACKUP is sent. Throws Failure `io` when `--overwrite` would replace the backup of another database. */
export async function checkReplaced(
  session: SqlSession,
  { files, overwrite, connection }: BackupRequest,
  { server, databaseName: database }: ServerAnswers,
): Promise<void> {
  if (!overwrite) return;
  await refuseOtherDatabases(files, {
    database,
    // As the archive header says it.
    server: server.serverName ?? connection.host,
    familyId: () => readFamilyId(session, database),
    isNamed: async (name) => {
      const facts = await readDatabaseFacts(session, name);
      return facts === undefined || spelledName(facts) === database;
    },
  });
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
