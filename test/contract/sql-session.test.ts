import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { SqlConnectionSettings } from '../../src/sql/sql-session.ts';
import { openMssqlSession } from '../../src/sql/tds/mssql-session.ts';
import { testCertificate } from '../standin/certificate.ts';
import { StandinServer } from '../standin/standin-server.ts';
import { sqlSessionContract } from './sql-session-suite.ts';
import { standinSettings } from './standin-settings.ts';

sqlSessionContract('the session over mssql', openMssqlSession);

test('no question waits for the acknowledgement of the one before', async (t) => {
  const server = await StandinServer.start({ databases: [] });
  const undelayed = new Set<number | undefined>();
  const { setNoDelay } = Socket.prototype;
  t.mock.method(Socket.prototype, 'setNoDelay', function (this: Socket, on?: boolean) {
    if (on) undelayed.add(this.remotePort);
    return setNoDelay.call(this, on);
  });
  const session = await openMssqlSession(standinSettings(server));
  try {
    assert.ok(
      undelayed.has(server.port),
      'setNoDelay(true) on the socket that leads to the server',
    );
  } finally {
    await session.close();
    await server.stop();
  }
});

// Node reads NODE_EXTRA_CA_CERTS once, when it starts: each of these is a process of its own.
describe('a certificate whose CA is known', () => {
  let server: StandinServer;
  let folder: string;

  before(async () => {
    server = await StandinServer.start({ databases: [] });
    folder = await mkdtemp(join(tmpdir(), 'sql-session-'));
    await writeFile(join(folder, 'ca.pem'), testCertificate);
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  // The stand-in's certificate is for the name localhost and the address 127.0.0.1.
  const cases: [title: string, change: Partial<SqlConnectionSettings>, says: string][] = [
    ['is accepted by name', { host: 'localhost' }, 'open'],
    ['is accepted by address', { host: '127.0.0.1' }, 'open'],
    ['is refused for another address', { hostNameInCertificate: '127.0.0.2' }, 'certificate-name'],
    ['is refused for another name', { hostNameInCertificate: 'db01' }, 'certificate-name'],
    [
      'is accepted at an address for its name',
      { host: '127.0.0.1', hostNameInCertificate: 'localhost' },
      'open',
    ],
  ];

  for (const [title, change, says] of cases)
    test(title, async () => {
      const settings = standinSettings(server, {
        host: 'localhost',
        trustServerCertificate: false,
        ...change,
      });
      assert.equal(await openElsewhere(settings, join(folder, 'ca.pem')), says);
    });
});

/** Opens a session in a process that trusts `ca`: `open`, or the failure's code, or whatever else it printed. */
async function openElsewhere(settings: SqlConnectionSettings, ca: string): Promise<string> {
  const module = new URL('../../src/sql/tds/mssql-session.js', import.meta.url).href;
  const script = `
    const { openMssqlSession } = await import(${JSON.stringify(module)});
    const settings = { ...JSON.parse(process.env.SETTINGS), scrub: (text) => text };
    const say = (words) => process.stdout.write(words);
    await openMssqlSession(settings).then(async (session) => { await session.close(); say('open'); }, (error) => say(error.code));`;
  const child = spawn(
    process.execPath,
    ['--no-deprecation', '--input-type=module', '--eval', script],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: ca, SETTINGS: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  await new Promise((resolve) => child.once('close', resolve));
  return said;
}
