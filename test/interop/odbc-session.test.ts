// The session for Windows logins (-E) through msnodesqlv8, unixODBC and FreeTDS: programs that are not ours on both
// sides of ODBC. There is no Windows login here, so it logs in as FreeTDS can, with user and password.

import { openOdbcSession } from '../../src/sql/odbc-session.ts';
import { sqlSessionContract } from '../contract/sql-session-suite.ts';

sqlSessionContract('the session over ODBC', openOdbcSession, { silentAboutEncryption: true });
