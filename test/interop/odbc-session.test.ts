// The session for Windows logins (-E) through msnodesqlv8, unixODBC and FreeTDS: programs that are not ours on both
// sides of ODBC. Here it logs in as FreeTDS can, with user and password; windows-login.test.ts has a real -E.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openOdbcSession } from '../../src/sql/odbc/odbc-session.ts';
import { sessionFacts } from '../contract/sql-session-facts-suite.ts';
import { sqlSessionContract } from '../contract/sql-session-suite.ts';
import { defineOdbcTests, loadsHere } from './odbc-environment.ts';

defineOdbcTests(fileURLToPath(import.meta.url), [], () => {
  // FreeTDS 1.3 only says "connection failed" when encryption is declined.
  sqlSessionContract('the session over ODBC', openOdbcSession, { silentAboutEncryption: true });
  sessionFacts('the questions before a backup, over ODBC', openOdbcSession);
});

if (!loadsHere)
  test('in this Node.js, which msnodesqlv8 would crash, -E is refused in words', async () => {
    const settings = {
      host: 'localhost',
      integrated: true,
      encrypt: 'mandatory',
      trustServerCertificate: true,
      loginTimeout: 5,
      scrub: (text: string) => text,
    } as const;
    await assert.rejects(openOdbcSession(settings), {
      code: 'node-too-old',
      message: `a Windows login (-E) needs the package msnodesqlv8, which does not load in Node.js ${process.versions.node}`,
    });
  });
