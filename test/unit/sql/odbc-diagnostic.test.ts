import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codeOf,
  diagnose as diagnoseWith,
  mainTrouble,
  type OdbcRecord,
} from '../../../src/sql/odbc/odbc-diagnostic.ts';

const diagnose = (records: readonly OdbcRecord[]) => diagnoseWith(records, (text) => text);

const microsoft = '[Microsoft][ODBC Driver 18 for SQL Server]';

/** A record of a statement; a failed login spells `sqlState` and has no severity. */
function record(sqlstate: string, code: number, message: string, severity = 0): OdbcRecord {
  return { sqlstate, code, severity, message };
}

test("the server's words come without the prefixes, with number and severity", () => {
  const { messages, troubles } = diagnose([
    record('01000', 3211, `${microsoft}[SQL Server]10 percent processed.`),
    record('42000', 3201, `${microsoft}[SQL Server]Cannot open backup device '[x]'.`, 16),
    record('01000', 0, '[Microsoft][ODBC SQL Server Driver][SQL Server][note] printed'),
  ]);
  assert.deepEqual(messages, [
    { number: 3211, severity: 0, state: 0, text: '10 percent processed.' },
    { number: 3201, severity: 16, state: 0, text: "Cannot open backup device '[x]'." },
    { number: 0, severity: 0, state: 0, text: '[note] printed' },
  ]);
  assert.deepEqual(troubles, []);
});

test('an error whose driver gives no severity is an error all the same', () => {
  const login: OdbcRecord = {
    sqlState: '28000',
    code: 18456,
    message: `${microsoft}[SQL Server]Login failed for user 'D\\u'.`,
  };
  assert.deepEqual(
    diagnose([login]).messages.map(({ number, severity }) => [number, severity > 10]),
    [[18456, true]],
  );
});

test('what the driver remarks is nothing, what it cannot do is trouble', () => {
  const { messages, troubles } = diagnose([
    record('01S00', 0, `${microsoft}Invalid connection string attribute`),
    record('08S01', 10054, `${microsoft}TCP Provider: An existing connection was forcibly closed.`),
  ]);
  assert.deepEqual(messages, []);
  assert.deepEqual(
    troubles.map((trouble) => [codeOf(trouble), trouble.message]),
    [['ECONNRESET', 'TCP Provider: An existing connection was forcibly closed.']],
  );
});

test("FreeTDS' own errors are not the server's, although it says so", () => {
  const { messages, troubles } = diagnose([
    record('01000', 20017, '[FreeTDS][SQL Server]Unexpected EOF from the server'),
    record('HY000', 0, '[FreeTDS][SQL Server]Unknown error'),
    record('08004', 911, "[FreeTDS][SQL Server]Database 'x' does not exist."),
  ]);
  assert.deepEqual(
    messages.map(({ number, severity }) => [number, severity]),
    [[911, 16]],
  );
  assert.deepEqual(troubles.map(codeOf), ['ECONNRESET', undefined]);
});

const meanings: [state: string, code: number, words: string, means: string][] = [
  ['HY008', 0, 'Operation canceled', 'ECANCEL'],
  ['HYT00', 0, 'Login timeout expired', 'ETIMEDOUT'],
  ['08001', 10061, 'TCP Provider: actively refused it.', 'ECONNREFUSED'],
  ['08001', 2, 'Named Pipes Provider: Could not open a connection [2].', 'ECONNREFUSED'],
  ['08001', 11001, 'TCP Provider: No such host is known.', 'ENOTFOUND'],
  ['08001', -1, 'Error Locating Server/Instance Specified [xFFFFFFFF].', 'EINSTLOOKUP'],
  ['08001', -2146893019, 'not trusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['08001', -2146893022, 'principal name is incorrect', 'ERR_TLS_CERT_ALTNAME_INVALID'],
];
for (const [state, code, words, means] of meanings)
  test(`${state} ${code} means ${means}`, () => {
    const { troubles } = diagnose([record(state, code, microsoft + words)]);
    assert.deepEqual(troubles.map(codeOf), [means]);
  });

test('a timeout explains nothing where another record says why', () => {
  const { troubles } = diagnose([
    record('HYT00', 0, `${microsoft}Login timeout expired`),
    record('08001', 0, `${microsoft}A network-related or instance-specific error has occurred`),
    record('08001', 10061, `${microsoft}TCP Provider: refused`),
  ]);
  assert.equal(mainTrouble(troubles)?.message, 'TCP Provider: refused');
  assert.equal(mainTrouble(troubles.slice(0, 2))?.message, 'Login timeout expired');
  assert.equal(mainTrouble([]), undefined);
});
