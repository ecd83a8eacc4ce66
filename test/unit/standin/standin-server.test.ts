import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import mssql from 'mssql';
import type { InstanceOptions } from '../../standin/instance.ts';
import { StandinServer } from '../../standin/standin-server.ts';
import { FakeClient } from './fake-client.ts';
import { SqlClient } from './sql-client.ts';

const databases: InstanceOptions['databases'] = [
  { name: 'Sales', streams: { kind: 'generate', bytes: 1_000_000 } },
  { name: 'Log', hasFullBackup: true, streams: { kind: 'generate', bytes: 1_000_000 } },
];

let server: StandinServer;
let client: SqlClient | undefined;
let device: FakeClient | undefined;

async function start(options: Partial<InstanceOptions> = {}): Promise<void> {
  await server.stop();
  server = await StandinServer.start({ databases, ...options });
}

const control = () => server.environment.VDI_STANDIN_CONTROL ?? '';

beforeEach(async () => {
  server = await StandinServer.start({ databases });
});

afterEach(async () => {
  await client?.close();
  client = undefined;
  device?.vanish();
  device = undefined;
  await server.stop();
  assert.deepEqual(server.problems, []);
});

describe('login', () => {
  const ciphers = [
    { tls: 'required', encrypt: true, cipher: 'everything' },
    { tls: 'supported', encrypt: true, cipher: 'everything' },
    { tls: 'supported', encrypt: false, cipher: 'plain' },
    { tls: 'off', encrypt: false, cipher: 'plain' },
  ] as const;
  for (const { tls, encrypt, cipher } of ciphers) {
    test(`TLS ${tls}, client encrypt ${encrypt}: ${cipher}`, async () => {
      await start({ tls, login: { user: 'läser', password: 'pä$$ wörd' } });
      client = await SqlClient.open(server, { options: { encrypt } });
      const { rows } = await client.run('SELECT SUSER_SNAME() AS who');
      assert.deepEqual(rows, [{ who: 'läser' }]);
      assert.equal(server.logins[0]?.cipher, cipher);
    });
  }

  test('TLS required refuses a client without', async () => {
    await start({ tls: 'required' });
    await assert.rejects(SqlClient.open(server), { code: 'EENCRYPT' });
  });

  test('a wrong password is Msg 18456', async () => {
    await assert.rejects(SqlClient.open(server, { password: 'wrong' }), {
      code: 'ELOGIN',
      message: "Login failed for user 'sa'.",
    });
    assert.equal(server.logins[0]?.accepted, false);
  });

  test('an unknown database is Msg 4060', async () => {
    await assert.rejects(
      SqlClient.open(server, { database: 'nowhere' }),
      /Login failed|Cannot open/,
    );
  });

  test('a slow login, a refused login and a lost one can be scripted', async () => {
    server.loginFault({ 'slow-login': 300 });
    await assert.rejects(SqlClient.open(server, { connectionTimeout: 100 }), { code: 'ETIMEOUT' });
    server.loginFault({ 'login-error': { number: 18470, severity: 14, text: 'Disabled.' } });
    await assert.rejects(SqlClient.open(server), { message: 'Disabled.' });
    server.loginFault({ 'vanish-at-login': true });
    await assert.rejects(SqlClient.open(server), { code: 'ESOCKET' });
  });
});

describe('queries', () => {
  test('types arrive as the driver names them', async () => {
    client = await SqlClient.open(server, { options: { encrypt: true } });
    const { rows } = await client.run(
      "SELECT 1 AS i, CAST(5 AS bigint) AS b, CAST(1 AS bit) AS t, N'ü' AS s, NULL AS n, SERVERPROPERTY('EngineEdition') AS v, CAST(37000000012800036 AS numeric(25,0)) AS l, 1.5 AS f, CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier) AS g, CAST(N'x' AS nvarchar(max)) AS m",
    );
    assert.deepEqual(rows, [
      {
        i: 1,
        b: '5',
        t: true,
        s: 'ü',
        n: null,
        v: 3,
        l: Number('37000000012800036'),
        f: 1.5,
        g: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
        m: 'x',
      },
    ]);
  });

  test('parameters travel by sp_executesql', async () => {
    client = await SqlClient.open(server);
    const result = await client.pool
      .request()
      .input('name', mssql.NVarChar, 'sales')
      .input('state', mssql.Int, 0)
      .input('no', mssql.Bit, false)
      .query(
        'SELECT name FROM sys.databases WHERE name = @name AND state = @state AND is_encrypted = @no',
      );
    assert.deepEqual(
      result.recordset.map(({ name }) => name),
      ['Sales'],
    );
  });

  test('a batch may hold several statements and sets; a long answer takes many packets', async () => {
    client = await SqlClient.open(server, { options: { encrypt: true } });
    const wide = Array.from({ length: 40 }, (_, index) => `d.name AS c${index}`).join(', ');
    const result = await client.pool
      .request()
      .batch(
        `DECLARE @n int = 2; SET NOCOUNT ON; SELECT @n + 1 AS three; USE Sales; SELECT DB_NAME() AS here; SELECT ${wide} FROM sys.databases d CROSS JOIN sys.databases e`,
      );
    const sets = result.recordsets as unknown as Record<string, unknown>[][];
    assert.deepEqual(sets[0], [{ three: 3 }]);
    assert.deepEqual(sets[1], [{ here: 'Sales' }]);
    assert.equal(sets[2]?.length, 36);
  });

  test('errors carry the number of SQL Server, and the connection lives on', async () => {
    client = await SqlClient.open(server);
    assert.deepEqual((await client.run('SELECT * FROM sys.nothing')).numbers, [208]);
    assert.deepEqual((await client.run('SELECT 1 +')).numbers, [102]);
    assert.deepEqual((await client.run('frobnicate')).numbers, [2812]);
    assert.deepEqual((await client.run("PRINT 'hello'")).texts, ['hello']);
    assert.deepEqual((await client.run('SELECT 1 AS one')).rows, [{ one: 1 }]);
    assert.deepEqual(server.statements.slice(-2), ["PRINT 'hello'", 'SELECT 1 AS one']);
  });

  test('an attention ends a statement at once', async () => {
    client = await SqlClient.open(server, { options: { encrypt: true } });
    const started = Date.now();
    const running = client.start("WAITFOR DELAY '00:00:20'");
    setTimeout(running.cancel, 100);
    assert.equal((await running.done).code, 'ECANCEL');
    assert.ok(Date.now() - started < 3000);
    assert.deepEqual((await client.run('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });
});

describe('BACKUP without a device', () => {
  test('an unknown set is 3201 with VD_E_INVALID, then 3013', async () => {
    client = await SqlClient.open(server);
    const { numbers, texts } = await client.run(
      "BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'nobody'",
    );
    assert.deepEqual(numbers, [3201, 3013]);
    assert.match(texts[0] ?? '', /^Cannot open backup device 'nobody'\. .* 0x80770006\(/);
  });

  const refusals: [string, string, number[]][] = [
    ['DATABASE', 'nowhere', [911, 3013]],
    ['LOG', 'Sales', [4214, 3013]],
  ];
  for (const [what, name, numbers] of refusals) {
    test(`BACKUP ${what} ${name}: ${numbers}`, async () => {
      client = await SqlClient.open(server);
      const text = `BACKUP ${what} ${name} TO VIRTUAL_DEVICE = 'x'`;
      assert.deepEqual((await client.run(text)).numbers, numbers);
    });
  }

  test('not sysadmin is 3265, a transaction 3021, a disk 3201', async () => {
    await start({ sysadmin: false });
    client = await SqlClient.open(server);
    const text = "BACKUP DATABASE Sales TO VIRTUAL_DEVICE = 'x'";
    assert.deepEqual((await client.run(text)).numbers, [3265, 3013]);
    server.instance.history.length = 0;
    await client.close();
    await start();
    client = await SqlClient.open(server);
    assert.deepEqual((await client.run(`BEGIN TRAN; ${text}; ROLLBACK`)).numbers, [3021, 3013]);
    const disk = "BACKUP DATABASE Sales TO DISK = 'x.bak'";
    assert.deepEqual((await client.run(disk)).numbers, [3201, 3013]);
  });

  test('a scripted error comes before the device is touched', async () => {
    client = await SqlClient.open(server);
    server.fault({ error: { number: 3257, text: 'No space.' } });
    const text = "BACKUP DATABASE Sales TO VIRTUAL_DEVICE = 'x'";
    assert.deepEqual((await client.run(text)).numbers, [3257, 3013]);
  });
});

describe('BACKUP that drives a device set', () => {
  const backup = "BACKUP DATABASE Sales TO VIRTUAL_DEVICE='set' WITH STATS=25, COPY_ONLY";

  async function begin(text = backup, devices = 1) {
    client ??= await SqlClient.open(server);
    device = await FakeClient.create(control(), 'set', devices);
    const running = client.start(text);
    const values = await device.heard('begin');
    return { running, values, device };
  }

  test('begin says everything the native half needs', async () => {
    const text =
      "BACKUP DATABASE Sales TO VIRTUAL_DEVICE='set', VIRTUAL_DEVICE='se t,2' WITH BLOCKSIZE=4096, MAXTRANSFERSIZE=131072, BUFFERCOUNT=9";
    server.fault({ slow: 5, 'abort-at': 'GetCommand:3' });
    const { values, running, device: set } = await begin(text, 2);
    assert.equal(values.direction, 'backup');
    assert.equal(values.names, 'set,se t,2');
    assert.equal(values.blocksize, '4096');
    assert.equal(values.transfersize, '131072');
    assert.equal(values.buffers, '9');
    assert.equal(values.complete, '1');
    assert.equal(values.slow, '5');
    assert.equal(values['abort-at'], 'GetCommand:3');
    set.say('ended status=ok by=server bytes=1000');
    await running.done;
    const [first, second] = await Promise.all([
      server.expectedBytes('Sales', 2, 0),
      server.expectedBytes('Sales', 2, 1),
    ]);
    assert.equal(first.length % 4096, 0);
    assert.ok(Math.abs(first.length + second.length - 1_000_000) <= 2 * 4096);
    assert.notEqual(first.sha256, second.sha256);
  });

  test('success: progress, files, 3014, in this order', async () => {
    const { running, device: set } = await begin();
    const { length } = await server.expectedBytes('Sales');
    for (const share of [0.3, 0.6]) set.say(`progress bytes=${Math.ceil(length * share)}`);
    set.say(`ended status=ok by=server bytes=${length}`);
    const { numbers, texts } = await running.done;
    assert.deepEqual(numbers, [3211, 3211, 4035, 3211, 4035, 3014]);
    assert.equal(texts[1], '50 percent processed.');
    assert.match(
      texts[5] ?? '',
      /^BACKUP DATABASE successfully processed \d+ pages in \d+\.\d{3} seconds \(\d+\.\d{3} MB\/sec\)\.$/,
    );
    assert.equal(server.runs[0]?.outcome, 'success');
    const history = await client?.run(
      "SELECT type FROM msdb.dbo.backupset WHERE database_name = 'Sales'",
    );
    assert.deepEqual(history?.rows, [{ type: 'D' }]);
  });

  test('Complete is offered only where the instance and the client want it', async () => {
    await start({ completeEnabled: false });
    const { values, running, device: set } = await begin();
    assert.equal(values.complete, '0');
    set.say('ended status=ok by=server bytes=1');
    await running.done;
  });

  const ends: [string, string[], number[]][] = [
    [
      'client abort after data',
      ['progress bytes=500', 'ended status=aborted by=client bytes=500'],
      [3202, 3271, 3013],
    ],
    ['client abort before data', ['ended status=aborted by=client bytes=0'], [18210, 3013]],
    [
      'disk full on Write',
      ['error device=0 command=Write win32=112 bytes=5', 'ended status=failed by=client bytes=5'],
      [3202, 3013],
    ],
    [
      'I/O error on Flush',
      ['error device=0 command=Flush win32=1117 bytes=0', 'ended status=failed by=client bytes=5'],
      [18210, 3013],
    ],
    [
      'I/O error on Complete',
      [
        'error device=0 command=Complete win32=1117 bytes=0',
        'ended status=failed by=client bytes=5',
      ],
      [18210, 3013],
    ],
    ['wrong number of devices', ['ended status=failed by=server bytes=0'], [3261, 3013]],
  ];
  for (const [name, lines, numbers] of ends) {
    test(`${name}: ${numbers}`, async () => {
      const { running, device: set } = await begin(backup.replace('STATS=25, ', ''));
      for (const line of lines) set.say(line);
      assert.deepEqual((await running.done).numbers, numbers);
      assert.equal(server.runs[0]?.outcome, 'failure');
    });
  }

  test('the words of an error completion are those of Windows', async () => {
    const { running, device: set } = await begin();
    set.say('error device=0 command=Write win32=112 bytes=5');
    set.say('ended status=failed by=client bytes=5');
    const { texts } = await running.done;
    assert.equal(texts[0], 'Write on "set" failed: 112(There is not enough space on the disk.)');
  });

  test('a client that dies is 18210, 3271, 3013', async () => {
    const { running, device: set } = await begin();
    set.vanish();
    assert.deepEqual((await running.done).numbers, [18210, 3271, 3013]);
  });

  test('an attention aborts the device set', async () => {
    const { running, device: set } = await begin();
    running.cancel();
    await set.heard('abort');
    set.say('ended status=aborted by=server bytes=9');
    const { numbers, code } = await running.done;
    assert.deepEqual([numbers, code], [[3204, 3013], 'ECANCEL']);
  });

  test('a lost connection aborts the device set', async () => {
    const { device: set } = await begin();
    server.disconnectAll();
    await set.heard('abort');
    set.say('ended status=aborted by=server bytes=9');
  });

  test('a second backup of the same database is 3023', async () => {
    const { running, device: set } = await begin();
    const other = await SqlClient.open(server);
    const text = backup.replace("'set'", "'other'");
    assert.deepEqual((await other.run(text)).numbers, [3023, 3013]);
    const seen = await other.run('SELECT command FROM sys.dm_exec_requests');
    assert.deepEqual(seen.rows, [{ command: 'BACKUP DATABASE' }]);
    await other.close();
    set.say('ended status=ok by=server bytes=1');
    assert.equal((await running.done).numbers.at(-1), 3014);
  });

  test('a full backup makes differential and log backups possible, COPY_ONLY does not', async () => {
    const finish = async (text: string) => {
      const { running, device: set } = await begin(text);
      set.say('ended status=ok by=server bytes=1');
      const { numbers } = await running.done;
      set.vanish();
      return numbers.at(-1);
    };
    const text = "BACKUP DATABASE Sales TO VIRTUAL_DEVICE='set'";
    assert.equal(await finish(`${text} WITH COPY_ONLY`), 3014);
    assert.deepEqual((await client?.run(`${text} WITH DIFFERENTIAL`))?.numbers, [3035, 3013]);
    assert.equal(await finish(text), 3014);
    assert.equal(await finish(`${text} WITH DIFFERENTIAL`), 3014);
    assert.equal(await finish("BACKUP LOG Sales TO VIRTUAL_DEVICE='set'"), 3014);
  });

  test('3014 can be left out, delayed, and accompanied', async () => {
    server.fault({ 'no-3014': true });
    const { running, device: set } = await begin();
    set.say('ended status=ok by=server bytes=1');
    const silent = await running.done;
    assert.ok(!silent.numbers.includes(3014) && silent.code === undefined);
    set.vanish();
    server.fault({ 'delay-3014': 200, messages: [{ number: 3009, severity: 16, text: 'msdb' }] });
    const second = await begin();
    second.device.say('ended status=ok by=server bytes=1');
    const started = Date.now();
    const { numbers } = await second.running.done;
    assert.ok(Date.now() - started >= 190);
    assert.deepEqual(numbers.slice(-2), [3009, 3014]);
  });

  test('a mute server answers nothing, not even an attention', async () => {
    server.fault({ 'mute-sql': true });
    const { running, device: set } = await begin();
    set.say('ended status=ok by=server bytes=1');
    const late = Symbol('late');
    const timer = new Promise((resolve) => setTimeout(resolve, 300, late));
    assert.equal(await Promise.race([running.done, timer]), late);
    server.disconnectAll();
    await running.done;
  });
});

describe('RESTORE', () => {
  async function restore(text: string, bytes: Buffer, database = 'x') {
    client ??= await SqlClient.open(server);
    device = await FakeClient.create(control(), 'set');
    const running = client.start(text.replace('@db', database));
    const { sink = '' } = await device.heard('begin');
    await writeFile(sink.replace('file:', ''), bytes);
    device.say(`ended status=ok by=server bytes=${bytes.length}`);
    return running.done;
  }

  async function streamOf(): Promise<Buffer> {
    const request = server.instance.find('Sales');
    assert.ok(request);
    client ??= await SqlClient.open(server);
    const set = await FakeClient.create(control(), 'b');
    const running = client.start(
      "BACKUP DATABASE Sales TO VIRTUAL_DEVICE='b' WITH COPY_ONLY, CHECKSUM",
    );
    await set.heard('begin');
    set.say('ended status=ok by=server bytes=1');
    await running.done;
    set.vanish();
    const { recipeBytes } = await import('../../standin/recipe.ts');
    const parts: Buffer[] = [];
    for await (const part of recipeBytes(server.runs[0]?.devices[0]?.pieces ?? []))
      parts.push(part);
    return Buffer.concat(parts);
  }

  test('FILELISTONLY, HEADERONLY, LABELONLY and VERIFYONLY read what came', async () => {
    const bytes = await streamOf();
    const files = await restore("RESTORE FILELISTONLY FROM VIRTUAL_DEVICE='set'", bytes);
    assert.deepEqual(
      files.rows.map(({ LogicalName, Type }) => [LogicalName, Type]),
      [
        ['Sales', 'D'],
        ['Sales_log', 'L'],
      ],
    );
    const header = await restore("RESTORE HEADERONLY FROM VIRTUAL_DEVICE='set'", bytes);
    assert.equal(header.rows[0]?.DatabaseName, 'Sales');
    assert.equal(header.rows[0]?.HasBackupChecksums, true);
    const label = await restore("RESTORE LABELONLY FROM VIRTUAL_DEVICE='set'", bytes);
    assert.equal(label.rows[0]?.FamilyCount, 1);
    const verify = "RESTORE VERIFYONLY FROM VIRTUAL_DEVICE='set' WITH CHECKSUM";
    assert.deepEqual((await restore(verify, bytes)).numbers, [3262]);
  });

  test('a database comes into being, and is not overwritten without REPLACE', async () => {
    const bytes = await streamOf();
    const text = "RESTORE DATABASE @db FROM VIRTUAL_DEVICE='set' WITH MOVE 'Sales' TO 'y'";
    assert.equal((await restore(text, bytes, 'Fresh')).numbers.at(-1), 3014);
    assert.deepEqual((await client?.run("SELECT DB_NAME(DB_ID('Fresh')) AS n"))?.rows, [
      { n: 'Fresh' },
    ]);
    const again = text.replace('@db', 'Fresh');
    assert.deepEqual((await client?.run(again))?.numbers, [3159, 3013]);
    assert.deepEqual(
      (await restore(text.replace("'Sales'", "'Other'"), bytes, 'New')).numbers,
      [3234, 3013],
    );
  });

  test('bytes that are no backup, cut short, or empty are refused', async () => {
    const bytes = await streamOf();
    const text = "RESTORE VERIFYONLY FROM VIRTUAL_DEVICE='set'";
    assert.deepEqual((await restore(text, Buffer.alloc(4096, 1))).numbers, [3241, 3013]);
    assert.deepEqual((await restore(text, bytes.subarray(0, 500_000))).numbers, [3203, 3013]);
    assert.deepEqual((await restore(text, Buffer.alloc(0))).numbers, [3254, 3013]);
  });
});

test('files land in a folder that stop removes', async () => {
  const probe = join(server.folder, 'probe');
  await writeFile(probe, 'x');
  await server.stop();
  await assert.rejects(writeFile(probe, 'x'), { code: 'ENOENT' });
});
