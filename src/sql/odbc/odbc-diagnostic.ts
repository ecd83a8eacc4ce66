// ODBC's diagnostic records as what they are: SQL Server's messages, or the driver's own troubles. Pure.
// Source of the prefixes: "Diagnostic Messages" (ODBC Programmer's Reference); the FreeTDS numbers: include/freetds/odbc.h
// and sybdb.h there, seen with 1.3.17.

import { heardMessage } from '../server-message.ts';
import type { Scrub, SqlMessage } from '../sql-session.ts';

/** A record as msnodesqlv8 hands it out; of a failed login it spells `sqlState` and leaves the severity out. */
export interface OdbcRecord {
  readonly sqlstate?: string;
  readonly sqlState?: string;
  readonly code: number;
  readonly severity?: number;
  readonly message: string;
}

interface OdbcDiagnosis {
  /** What the server said, in the order of the records. */
  readonly messages: readonly SqlMessage[];
  /** What the driver itself reports, with a `code` in the words of Node and mssql where there is one. */
  readonly troubles: readonly Error[];
}

/** The server's words stand behind `[vendor][driver][SQL Server]`; the driver's own lack the last part. */
const serverPrefix = /^(?:\[[^\]]*\])*?\[SQL Server\]/;
const anyPrefix = /^(?:\[[^\]]*\])+\s*/;

/** Severity of an error whose driver gives none (FreeTDS): the lowest that the statement itself is to blame for. */
const unknownErrorSeverity = 16;

export function diagnose(records: readonly OdbcRecord[], scrub: Scrub): OdbcDiagnosis {
  return {
    messages: records.filter(isServers).map((record) => heardMessage(toMessage(record), scrub)),
    troubles: records
      .filter((record) => !isServers(record) && !isNotice(record))
      .map((record) => toTrouble(record, scrub)),
  };
}

function stateOf(record: OdbcRecord): string {
  return record.sqlstate ?? record.sqlState ?? '';
}

/** Information has SQLSTATE class 01 and may have number 0 (PRINT); an error of the server always has a number. */
function isServers(record: OdbcRecord): boolean {
  if (!serverPrefix.test(record.message) || isOfFreetds(record)) return false;
  return record.code > 0 || stateOf(record).startsWith('01');
}

/** FreeTDS puts the server's prefix before its own errors, which it numbers like db-lib (SYBE…). */
function isOfFreetds({ message, code }: OdbcRecord): boolean {
  return message.startsWith('[FreeTDS]') && code >= 20_000 && code < 20_300;
}

/** A remark of the driver that nothing depends on, such as an option it does not know. */
function isNotice(record: OdbcRecord): boolean {
  return stateOf(record).startsWith('01') && !isOfFreetds(record);
}

function toMessage(record: OdbcRecord): SqlMessage {
  const informs = stateOf(record).startsWith('01');
  return {
    number: record.code,
    severity: record.severity || (informs ? 0 : unknownErrorSeverity),
    state: 0,
    text: record.message.replace(serverPrefix, ''),
  };
}

/** SQLSTATE or native number -> the code by which connect-failure.ts and statement-failure.ts know it. */
const codeOfState = new Map([
  ['HY008', 'ECANCEL'],
  ['HYT00', 'ETIMEDOUT'],
  ['HYT01', 'ETIMEDOUT'],
  ['08S01', 'ECONNRESET'],
]);

// Winsock errors, SSPI's HRESULTs as signed numbers (winerror.h), SQL Server Network Interfaces' -1 and 26, FreeTDS' SYBE….
const codeOfNumber = new Map([
  [10061, 'ECONNREFUSED'],
  [2, 'ECONNREFUSED'],
  [10060, 'ETIMEDOUT'],
  [258, 'ETIMEDOUT'],
  [11001, 'ENOTFOUND'],
  [53, 'ENOTFOUND'],
  [10053, 'ECONNRESET'],
  [10054, 'ECONNRESET'],
  [-1, 'EINSTLOOKUP'],
  [26, 'EINSTLOOKUP'],
  [20, 'EENCRYPT'],
  [-2146893019, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [-2146762487, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [-2146893022, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [-2146893048, 'EPROTO'],
  [20_003, 'ETIMEDOUT'],
  [20_006, 'ECONNRESET'],
  [20_009, 'ECONNREFUSED'],
  [20_013, 'ENOTFOUND'],
  [20_017, 'ECONNRESET'],
]);

function toTrouble(record: OdbcRecord, scrub: Scrub): Error {
  const code = codeOfNumber.get(record.code) ?? codeOfState.get(stateOf(record));
  return Object.assign(new Error(scrub(record.message).replace(anyPrefix, '')), code && { code });
}

/** The trouble that explains the others: the first whose meaning is known, "timed out" only if nothing says why. */
export function mainTrouble(troubles: readonly Error[]): Error | undefined {
  const known = troubles.filter((trouble) => codeOf(trouble) !== undefined);
  return known.find((trouble) => codeOf(trouble) !== 'ETIMEDOUT') ?? known[0] ?? troubles[0];
}

export function codeOf(trouble: Error): string | undefined {
  return 'code' in trouble ? String(trouble.code) : undefined;
}
