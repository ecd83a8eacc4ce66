// The stand-in's TDS against a client nobody here wrote: FreeTDS `tsql`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import type { TlsPolicy } from '../standin/prelogin.ts';
import { StandinServer } from '../standin/standin-server.ts';

interface Answer {
  readonly exitCode: number | null;
  readonly text: string;
}

function tsql(port: number, password: string, batches: readonly string[]): Promise<Answer> {
  const args = ['-H', '127.0.0.1', '-p', String(port), '-U', 'sa', '-P', password];
  const child = spawn('tsql', args, { timeout: 20_000 });
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += bytes;
  });
  child.stderr.on('data', (bytes) => {
    text += bytes;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(batches.map((batch) => `${batch}\ngo\n`).join(''));
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const advice = 'tsql cannot be started; install the Debian package freetds-bin';
      reject(new Error(advice, { cause }));
    });
    child.on('close', (exitCode) => resolve({ exitCode, text }));
  });
}

const ciphers: Record<TlsPolicy, string> = {
  required: 'everything',
  supported: 'login-only',
  off: 'plain',
};

for (const tls of ['supported', 'required', 'off'] as const) {
  describe(`FreeTDS, TLS ${tls}`, () => {
    let server: StandinServer;

    before(async () => {
      server = await StandinServer.start({
        tls,
        login: { user: 'sa', password: 'Right-1' },
        machineName: 'STANDIN',
        databases: [{ name: 'Sales', streams: { kind: 'generate', bytes: 1_000_000 } }],
      });
    });

    after(async () => {
      await server.stop();
      assert.deepEqual(server.problems, []);
    });

    test('logs in and sees row sets', async () => {
      const { exitCode, text } = await tsql(server.port, 'Right-1', [
        'SELECT name, database_id, state_desc FROM sys.databases ORDER BY database_id DESC',
        "SELECT SERVERPROPERTY('MachineName') AS m, CAST(37000000012800036 AS numeric(25,0)) AS l, CAST(NULL AS nvarchar(5)) AS n, 1.5 AS f, CAST(12345678901 AS bigint) AS b",
      ]);
      assert.equal(exitCode, 0, text);
      assert.match(text, /Sales\t5\tONLINE\nmsdb\t4\tONLINE/);
      assert.match(text, /\(5 rows affected\)/);
      assert.match(text, /STANDIN\t37000000012800036\tNULL\t1\.5\t12345678901/);
      assert.equal(server.logins.at(-1)?.cipher, ciphers[tls]);
    });

    test('is refused with a wrong password', async () => {
      const { exitCode, text } = await tsql(server.port, 'Wrong-1', ['SELECT 1']);
      assert.notEqual(exitCode, 0);
      assert.match(text, /Msg 18456 \(severity 14, state 1\)/);
      assert.equal(server.logins.at(-1)?.accepted, false);
    });

    test('is told errors, and lives on', async () => {
      const { text } = await tsql(server.port, 'Right-1', [
        'SELECT * FROM sys.nothing',
        'SELECT 41 + 1 AS answer',
      ]);
      assert.match(text, /Msg 208 \(severity 16.*\n\s*"Invalid object name 'sys\.nothing'\."/);
      assert.match(text, /answer\n42\n/);
    });

    test('a BACKUP to a device set that is not there ends with 3201 and 3013', async () => {
      const { text } = await tsql(server.port, 'Right-1', [
        "BACKUP DATABASE Sales TO VIRTUAL_DEVICE = N'nobody' WITH STATS = 10",
      ]);
      assert.match(
        text,
        /Msg 3201[\s\S]*'nobody'[\s\S]*0x80770006[\s\S]*Msg 3013[\s\S]*terminating abnormally/,
      );
    });
  });
}
