// The DBCC statements that check a database, as text. Pure. Words and what they leave out: "DBCC CHECKDB (Transact-SQL)",
// https://learn.microsoft.com/sql/t-sql/database-console-commands/dbcc-checkdb-transact-sql, and DBCC CHECKCATALOG.

import { Failure } from '../../base/errors.ts';
import { quoteLiteral } from '../quoting.ts';

/** `physical`: pages, their headers and allocation only (PHYSICAL_ONLY). */
export type CheckExtent = 'full' | 'physical';

export interface CheckStatement {
  /** The words that say which check it is, without the database and without what changes no check. */
  readonly title: string;
  readonly text: string;
}

interface CheckDatabaseInput {
  readonly database: string;
  readonly extent: CheckExtent;
  /** Threads, 0 to 32767; 0 leaves it to SQL Server. */
  readonly maxdop?: number | undefined;
  /** TABLOCK: under locks, without a snapshot; leaves out CHECKCATALOG and the data of Service Broker. */
  readonly locks: boolean;
}

export function checkDatabaseStatement(input: CheckDatabaseInput): CheckStatement {
  const { database, extent, maxdop, locks } = input;
  const limits = [
    ...(extent === 'physical' ? ['PHYSICAL_ONLY'] : []),
    ...(locks ? ['TABLOCK'] : []),
  ];
  const threads = maxdop === undefined ? [] : [`MAXDOP = ${maxdop}`];
  const options = ['NO_INFOMSGS', ...limits, ...threads];
  return {
    title: limits.length > 0 ? `DBCC CHECKDB WITH ${limits.join(', ')}` : 'DBCC CHECKDB',
    text: `DBCC CHECKDB (${literal(database)}) WITH ${options.join(', ')}`,
  };
}

/** Whether the system tables agree with each other: what CHECKDB under locks does not look at. */
export function checkCatalogStatement(database: string): CheckStatement {
  return {
    title: 'DBCC CHECKCATALOG',
    text: `DBCC CHECKCATALOG (${literal(database)}) WITH NO_INFOMSGS`,
  };
}

/** SQL Server 2014 SP2, the first that knows MAXDOP here. */
const firstWithMaxdop = [12, 0, 5000];

/** Why SQL Server `version` (`16.0.4135.4`) does not take the wish; undefined where it may. */
export function maxdopProblem(
  { maxdop }: Pick<CheckDatabaseInput, 'maxdop'>,
  version: string,
): Failure | undefined {
  const numbers = version.split('.').map(Number);
  const at = firstWithMaxdop.findIndex((number, index) => number !== numbers[index]);
  const isOlder = (numbers[at] ?? Number.NaN) < (firstWithMaxdop[at] ?? 0);
  if (maxdop === undefined || !isOlder) return undefined;
  return new Failure(
    'maxdop-unsupported',
    `DBCC CHECKDB of SQL Server ${version} does not know MAXDOP`,
    { hints: ['Leave --maxdop out: SQL Server knows it from 2014 SP2 (12.0.5000) on.'] },
  );
}

function literal(database: string): string {
  return quoteLiteral(database, 'a database name');
}
