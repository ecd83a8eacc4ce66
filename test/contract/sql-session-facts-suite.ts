// The pre-flight questions asked for real, through any implementation of SqlSession: what the pure tests of test/unit/sql
// take for given.

import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { checkDatabase, checkServer } from '../../src/sql/facts/preflight.ts';
import { readDatabaseFacts, readServerFacts } from '../../src/sql/facts/server-facts.ts';
import { statementFailure } from '../../src/sql/message/statement-failure.ts';
import type { SqlSession } from '../../src/sql/sql-session.ts';
import { backupStatement } from '../../src/sql/statement/backup-statement.ts';
import { StandinServer } from '../standin/standin-server.ts';
import type { OpenSession } from './sql-session-suite.ts';
import { standinSettings } from './standin-settings.ts';

const streams = { kind: 'generate', bytes: 1024 * 1024 } as const;

export function sessionFacts(title: string, open: OpenSession): void {
  describe(title, () => {
    let server: StandinServer;
    let session: SqlSession;

    before(async () => {
      server = await StandinServer.start({
        edition: 'Enterprise Edition (64-bit)',
        version: '15.0.4430.1',
        instance: 'PROD',
        databases: [
          { name: "Tom's", recoveryModel: 'SIMPLE', streams },
          { name: 'Secret', encrypted: true, readOnly: true, streams },
          { name: 'Away', state: 'OFFLINE', streams },
          { name: 'Tom_snapshot', snapshotOf: "Tom's", streams },
        ],
      });
      session = await open(standinSettings(server));
    });
    after(async () => {
      await session.close();
      await server.stop();
    });

    test('the server tells all its facts, and this machine is its machine', async () => {
      const facts = await readServerFacts(session);
      assert.deepEqual(facts, {
        machineName: server.instance.machineName,
        physicalMachineName: server.instance.machineName,
        serverName: server.instance.serverName,
        instanceName: 'PROD',
        edition: 'Enterprise Edition (64-bit)',
        engineEdition: 3,
        productVersion: '15.0.4430.1',
        productMajor: 15,
        isSysadmin: true,
        isSingleUser: false,
      });
      checkServer(facts, { localHostname: hostname(), assumeLocal: false });
    });

    test('a database tells all its facts, under the name the server gives it', async () => {
      assert.deepEqual(await readDatabaseFacts(session, "TOM'S"), {
        name: "Tom's",
        state: 'ONLINE',
        recoveryModel: 'SIMPLE',
        isEncrypted: false,
        userAccess: 'MULTI_USER',
        isSnapshot: false,
        isInStandby: false,
      });
    });

    const judgements: [database: string, type: 'copy' | 'log', code: string][] = [
      ["Tom's", 'log', 'recovery-model-simple'],
      ['Away', 'copy', 'database-not-online'],
      ['Tom_snapshot', 'copy', 'database-snapshot'],
      ['Nowhere', 'copy', 'database-missing'],
    ];

    for (const [database, type, code] of judgements)
      test(`a ${type} backup of ${database} is judged ${code}`, async () => {
        const facts = await readDatabaseFacts(session, database);
        assert.throws(() => checkDatabase({ database, type, compression: 'zstd' }, facts, {}), {
          code,
        });
      });

    test('an encrypted database draws its warning', async () => {
      const facts = await readDatabaseFacts(session, 'Secret');
      const intent = { database: 'Secret', type: 'copy', compression: 'zstd' } as const;
      assert.deepEqual(
        checkDatabase(intent, facts, {}).map(({ code }) => code),
        ['encrypted-database'],
      );
    });

    test('the statement is understood: what fails is that nobody made the device', async () => {
      const statement = backupStatement({
        database: "Tom's",
        type: 'copy',
        deviceNames: ['nobody-made-this', 'nor-this'],
        compression: 'zstd',
        checksum: true,
        transferSize: 4194304,
        bufferCount: 8,
        blockSize: 65536,
        name: "Tom's copy",
        description: 'for a test',
        with: "MEDIANAME = N'a, b'",
      });
      const outcome = await session.execute(statement, () => undefined).outcome;
      assert.deepEqual(
        outcome.messages.map(({ number }) => number),
        [3201, 3013],
      );
      const failure = statementFailure(outcome);
      assert.equal(`${failure?.kind} ${failure?.code}`, 'environment device-not-found');
    });
  });
}
