import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/base/errors.ts';
import { readDatabaseFacts, readServerFacts } from '../../../src/sql/facts/server-facts.ts';
import type { SqlRow, SqlSession } from '../../../src/sql/sql-session.ts';

/** A session that answers questions in order and remembers them. */
function session(...answers: (readonly SqlRow[] | Error)[]): SqlSession & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async query(statement) {
      asked.push(statement);
      const answer = answers[asked.length - 1] ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    execute: () => assert.fail('not a question'),
    close: async () => undefined,
  };
}

test('server facts come in two flat questions', async () => {
  const asking = session(
    [
      {
        MachineName: 'DB01',
        ComputerNamePhysicalNetBIOS: 'NODE2',
        ServerName: 'DB01\\X',
        InstanceName: 'X',
        Edition: 'Developer Edition (64-bit)',
        EngineEdition: 3,
        ProductVersion: '16.0.4135.4',
        IsSingleUser: 0,
      },
    ],
    [{ IsSysadmin: 1 }],
  );
  assert.deepEqual(await readServerFacts(asking), {
    machineName: 'DB01',
    physicalMachineName: 'NODE2',
    serverName: 'DB01\\X',
    instanceName: 'X',
    edition: 'Developer Edition (64-bit)',
    engineEdition: 3,
    productVersion: '16.0.4135.4',
    productMajor: 16,
    isSysadmin: true,
    isSingleUser: false,
  });
  assert.equal(asking.asked.length, 2);
  assert.match(
    asking.asked[0] ?? '',
    /^SELECT CAST\(SERVERPROPERTY\('MachineName'\) AS nvarchar\(128\)\) AS MachineName, /,
  );
  assert.equal(asking.asked[1], "SELECT IS_SRVROLEMEMBER('sysadmin') AS IsSysadmin");
});

test('NULL, missing and refused answers are unknown', async () => {
  const nulls = await readServerFacts(session([{ MachineName: null }], [{ IsSysadmin: null }]));
  assert.ok(Object.values(nulls).every((value) => value === undefined));
  const refused = new Failure('no-permission', 'no');
  const unknown = await readServerFacts(session(refused, refused));
  assert.ok(Object.values(unknown).every((value) => value === undefined));
  assert.equal(await readDatabaseFacts(session(refused), 'x'), undefined);
});

test('not being sysadmin is an answer', async () => {
  assert.equal((await readServerFacts(session([], [{ IsSysadmin: 0 }]))).isSysadmin, false);
});

test('a lost connection is not an answer', async () => {
  const lost = new Failure('connection-lost', 'lost');
  await assert.rejects(readServerFacts(session(lost)), lost);
  await assert.rejects(readDatabaseFacts(session(lost), 'x'), lost);
});

test('database facts take the name as sys.databases spells it', async () => {
  const asking = session([
    {
      name: "Tom's",
      state_desc: 'ONLINE',
      recovery_model_desc: 'SIMPLE',
      is_encrypted: true,
      user_access_desc: 'MULTI_USER',
      source_database_id: null,
      is_in_standby: false,
    },
  ]);
  assert.deepEqual(await readDatabaseFacts(asking, "tom's"), {
    name: "Tom's",
    state: 'ONLINE',
    recoveryModel: 'SIMPLE',
    isEncrypted: true,
    userAccess: 'MULTI_USER',
    isSnapshot: false,
    isInStandby: false,
  });
  assert.match(asking.asked[0] ?? '', / FROM sys\.databases WHERE name = N'tom''s'$/);
});

test('a database with a source is a snapshot, a server without the column says nothing', async () => {
  const facts = async (row: SqlRow) => readDatabaseFacts(session([{ name: 'x', ...row }]), 'x');
  assert.deepEqual(
    [await facts({ source_database_id: 7 }), await facts({})].map(
      (answer) => typeof answer === 'object' && answer.isSnapshot,
    ),
    [true, undefined],
  );
});

test('no row is a definite no', async () => {
  assert.equal(await readDatabaseFacts(session([]), 'x'), 'missing');
});

test('a name that cannot be is refused before the server is asked', async () => {
  const asking = session();
  await assert.rejects(
    readDatabaseFacts(asking, ''),
    (error) => error instanceof Failure && error.kind === 'usage',
  );
  assert.deepEqual(asking.asked, []);
});

test('only the row of the asked name counts, whatever else the server sent', async () => {
  const rows = [{ name: 'master' }, { name: 'SALES', state_desc: 'ONLINE' }, { name: 'Sales2' }];
  const found = await readDatabaseFacts(session(rows), 'Sales');
  assert.ok(typeof found === 'object');
  assert.equal(found.name, 'SALES');
  assert.equal(await readDatabaseFacts(session([{ name: 'master' }]), 'Sales'), undefined);
});

for (const [source, isSnapshot] of [
  [null, false],
  [0, false],
  [7, true],
] as const) {
  test(`source_database_id ${source}: ${isSnapshot ? 'a' : 'no'} snapshot`, async () => {
    const rows = [{ name: 'Sales', source_database_id: source }];
    const found = await readDatabaseFacts(session(rows), 'Sales');
    assert.equal(typeof found === 'object' && found.isSnapshot, isSnapshot);
  });
}
