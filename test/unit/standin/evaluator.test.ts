import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseBatch } from '../../standin/batch-parser.ts';
import { type QueryResult, runSelect } from '../../standin/query.ts';
import type { Session } from '../../standin/session.ts';
import { SqlError } from '../../standin/sql-error.ts';
import { makeSession } from './session-fixture.ts';

function query(text: string, session: Session = makeSession()): QueryResult {
  const [statement] = parseBatch(text);
  assert.equal(statement?.kind, 'select');
  return runSelect(statement.select, session);
}

const value = (expression: string) => query(`SELECT ${expression}`).rows[0]?.[0];

function errorNumber(text: string): unknown {
  try {
    query(text);
    return 'no error';
  } catch (error) {
    return error instanceof SqlError ? error.number : error;
  }
}

describe('expressions', () => {
  test('arithmetic, precedence and types', () => {
    assert.equal(value('1 + 2 * 3'), 7);
    assert.equal(value('(1 + 2) * 3'), 9);
    assert.equal(value('7 / 2'), 3);
    assert.equal(value('7 / 2.0'), 3.5);
    assert.equal(value('-5 % 3'), -2);
    assert.equal(value("N'a' + 'b'"), 'ab');
    assert.equal(value("CAST('12345678901' AS bigint)"), 12345678901n);
    assert.equal(value('CONVERT(nvarchar(3), 123456)'), '123');
    assert.equal(value("TRY_CAST('x' AS int)"), null);
  });

  test('NULL is unknown, not false', () => {
    assert.equal(value('CASE WHEN NULL = NULL THEN 1 ELSE 2 END'), 2);
    assert.equal(value('CASE WHEN NOT (NULL = 1) THEN 1 ELSE 2 END'), 2);
    assert.equal(value('ISNULL(NULL, 5)'), 5);
    assert.equal(value("COALESCE(NULL, NULL, N'x')"), 'x');
    assert.equal(value('NULLIF(3, 3)'), null);
    assert.equal(value('CASE WHEN 1 IN (NULL, 2) THEN 1 ELSE 2 END'), 2);
  });

  test('text compares without case and without trailing spaces', () => {
    assert.equal(value("CASE WHEN 'Abc' = N'aBC  ' THEN 1 ELSE 0 END"), 1);
    assert.equal(value("CASE WHEN 'model' LIKE 'm_d%' THEN 1 ELSE 0 END"), 1);
    assert.equal(value("CASE WHEN 'b' BETWEEN 'a' AND 'c' THEN 1 ELSE 0 END"), 1);
  });

  test('identity of the server', () => {
    assert.equal(value("SERVERPROPERTY('MachineName')"), 'HOST');
    assert.equal(value("CAST(SERVERPROPERTY('InstanceName') AS sysname)"), 'LAB');
    assert.equal(value('@@SERVERNAME'), 'HOST\\LAB');
    assert.equal(value("IS_SRVROLEMEMBER('sysadmin')"), 1);
    assert.equal(value("DB_ID(N'sales')"), 5);
    assert.equal(value("DB_ID('nowhere')"), null);
    assert.equal(value('SUSER_SNAME()'), 'sa');
    assert.match(String(value('@@VERSION')), /STAND-IN/);
  });
});

describe('queries', () => {
  test('rows of sys.databases are filtered, sorted and projected', () => {
    const result = query(
      "SELECT d.name AS n, state_desc, is_encrypted FROM sys.databases AS d WHERE d.database_id > 4 AND name <> '' ORDER BY n",
    );
    assert.deepEqual(
      result.columns.map(({ name, type }) => [name, type.kind]),
      [
        ['n', 'nvarchar'],
        ['state_desc', 'nvarchar'],
        ['is_encrypted', 'bit'],
      ],
    );
    assert.deepEqual(result.rows, [
      ['Old', 'OFFLINE', true],
      ['Sales', 'ONLINE', false],
    ]);
  });

  test('columns have types even when there is no row', () => {
    const { columns, rows } = query('SELECT name, database_id FROM sys.databases WHERE 1 = 0');
    assert.deepEqual(rows, []);
    assert.deepEqual(
      columns.map(({ type }) => type.kind),
      ['nvarchar', 'int'],
    );
  });

  test('joins, aggregates, subqueries, TOP and DISTINCT', () => {
    assert.deepEqual(
      query(
        "SELECT d.name, f.name FROM sys.databases d JOIN sys.master_files f ON f.database_id = d.database_id WHERE d.name = 'Sales' ORDER BY f.file_id",
      ).rows,
      [
        ['Sales', 'Sales'],
        ['Sales', 'Sales_log'],
      ],
    );
    assert.deepEqual(
      query(
        "SELECT COUNT(*), MAX(name), (SELECT SUM(size) FROM sys.master_files WHERE database_id = DB_ID('Sales')) FROM sys.databases",
      ).rows,
      [[6, 'tempdb', 2048]],
    );
    assert.deepEqual(
      query('SELECT TOP (1) name FROM sys.databases ORDER BY database_id DESC').rows,
      [['Old']],
    );
    assert.equal(query('SELECT DISTINCT recovery_model_desc FROM sys.databases').rows.length, 2);
    assert.deepEqual(
      query(
        'SELECT d.name, r.session_id FROM sys.databases d LEFT JOIN sys.dm_exec_requests r ON r.database_id = d.database_id WHERE d.name IN (SELECT name FROM sys.databases WHERE state = 6)',
      ).rows,
      [['Old', null]],
    );
  });

  test('a setting by name', () => {
    const text =
      "SELECT value_in_use FROM sys.configurations WHERE name = 'backup compression default'";
    assert.deepEqual(query(text).rows, [[0]]);
    assert.deepEqual(query(text, makeSession({ backupCompressionDefault: true })).rows, [[1]]);
  });
});

test('what is not understood is an error with the number of SQL Server', () => {
  const expected: [string, number][] = [
    ['SELECT 1 FROM sys.nothing', 208],
    ['SELECT nothing FROM sys.databases', 207],
    ['SELECT nothing', 207],
    ['SELECT FROBNICATE(1)', 195],
    ['SELECT ISNULL(1)', 174],
    ['SELECT @missing', 137],
    ['SELECT (1', 102],
    ['SELECT 1 FROM WHERE', 156],
    ["SELECT CAST('x' AS int)", 245],
    ['SELECT 1/0', 8134],
    ['SELECT (SELECT name FROM sys.databases)', 512],
    ['SELECT CAST(1 AS frob)', 243],
  ];
  for (const [text, number] of expected) assert.equal(errorNumber(text), number, text);
});
