import type { SqlConnectionSettings } from '../../src/sql/sql-session.ts';
import type { StandinServer } from '../standin/standin-server.ts';

/** How a session reaches the stand-in, but for `change`. */
export function standinSettings(
  { port, instance }: StandinServer,
  change: Partial<SqlConnectionSettings> = {},
): SqlConnectionSettings {
  return {
    host: '127.0.0.1',
    port,
    login: instance.login,
    integrated: false,
    encrypt: 'mandatory',
    trustServerCertificate: true,
    loginTimeout: 5,
    scrub: (text) => text,
    ...change,
  };
}
