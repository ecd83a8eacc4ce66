// How this session reached the server, in the server's own words.

import type { SqlSession } from '../sql-session.ts';
import { ask, text } from './server-facts.ts';

export interface TransportFacts {
  /** TCP, Shared memory, Named pipe. */
  readonly transport: string | undefined;
  readonly encrypted: boolean | undefined;
}

const question =
  'SELECT net_transport, encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID';

/** Throws `Failure('connection')` only; a login without VIEW SERVER STATE is told nothing. */
export async function readTransport(session: SqlSession): Promise<TransportFacts> {
  const row = (await ask(session, question))?.[0] ?? {};
  const option = text(row, 'encrypt_option')?.toUpperCase();
  return {
    transport: text(row, 'net_transport'),
    encrypted: option === undefined ? undefined : option === 'TRUE',
  };
}
