// Which server a session reached, and whether it can serve a virtual device to this process.

import { hostname } from 'node:os';
import type { Emit } from '../../base/events.ts';
import { checkServer } from '../../sql/facts/preflight.ts';
import { readServerFacts, type ServerFacts } from '../../sql/facts/server-facts.ts';
import type { SqlConnectionSettings, SqlSession } from '../../sql/sql-session.ts';

interface MetServer {
  readonly connection: SqlConnectionSettings;
  /** The server is on this machine whatever it calls itself. */
  readonly assumeLocal: boolean;
}

/** Says which server this is. Throws `Failure('environment')` when it cannot serve a virtual device to this process. */
export async function meetServer(
  session: SqlSession,
  { connection, assumeLocal }: MetServer,
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
