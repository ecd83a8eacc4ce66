// mssql knows pools only, and a pool (1) proves its settings with a probe connection that it closes again, so that
// every session costs two logins, and (2) silently reconnects. Both are wrong here: a session is one TDS connection.
// These two overrides use mssql's internal hooks. Should a later mssql rename them, it is an ordinary pool again, and
// the contract test "a session is one login, and never another one" fails.

import type { Connection, ConnectionPool, config } from 'mssql';
import type { Mssql } from './load-mssql.ts';

interface PoolInternals extends ConnectionPool {
  _poolCreate(): Promise<Connection>;
  _poolDestroy(connection: Connection): Promise<void>;
}

/** A pool that hands out the probe connection itself, and never a second one. */
export function singleConnectionPool(mssql: Mssql, settings: config): ConnectionPool {
  const Pool = mssql.ConnectionPool as unknown as new (settings: config) => PoolInternals;
  let probe: Connection | undefined;
  let probed = false;
  let handedOut = false;
  class SingleConnectionPool extends Pool {
    override async _poolCreate(): Promise<Connection> {
      if (handedOut) throw new Error('the connection has ended');
      if (!probe) {
        probe = await super._poolCreate();
      } else {
        handedOut = true;
      }
      return probe;
    }

    override async _poolDestroy(connection: Connection): Promise<void> {
      if (probed) await super._poolDestroy(connection);
      probed = true;
    }
  }
  return new SingleConnectionPool(settings);
}
