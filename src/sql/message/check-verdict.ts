// What a DBCC CHECK came to, by the numbers of its errors. An error that is not known here is a finding: a false alarm costs
// an hour, damage that passes for a refusal costs the backup. Pure. Numbers, severities and texts: "Database Engine events
// and errors", https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors.

import type { SqlMessage, StatementOutcome } from '../sql-session.ts';
import { isError } from './messages.ts';

/**
 * `clean`: made to its end, nothing found. `inconsistent`: it found something. `given-up`: there is no snapshot and no lock;
 * it may be tried with locks alone. `not-made`: it ended early for another reason. `unknown`: SQL Server gave no error, and
 * did not end it either.
 */
export interface CheckVerdict {
  readonly kind: 'clean' | 'inconsistent' | 'given-up' | 'not-made' | 'unknown';
  /** It was made under locks instead of on a snapshot, as Msg 7928 announces. */
  readonly offline: boolean;
  /** What it found in the database. */
  readonly findings: readonly SqlMessage[];
  /** Errors that say nothing of the database. */
  readonly notes: readonly SqlMessage[];
  /** The note that says why it was given up or not made. */
  readonly reason: SqlMessage | undefined;
}

/** The snapshot could not be made: "Attempting to get exclusive access to run checks offline". */
const offlineInstead = 7928;

/**
 * Why there is no snapshot, or no longer: beside 7928 the check goes on without, otherwise they ended it. "Errors 17053 and
 * 926 when you run a DBCC CHECK command", https://learn.microsoft.com/troubleshoot/sql/database-engine/database-file-operations/error-17053-926-dbcc-check:
 * 926 is of the snapshot, also where CHECKDB has reported 0 errors before, which "should be regarded as an abnormal
 * termination".
 */
const snapshotTrouble: readonly number[] = [
  926,
  1823,
  5106,
  5119,
  5120,
  5123,
  5128,
  5269,
  17053,
  offlineInstead,
];

/** No lock on the database, and therefore "Check statement aborted". */
const noLock: readonly number[] = [5030, 7926];

/**
 * Refused or ended early, and nothing is known of the database: wrong options (102, 155, 156, 319), rights (229, 262, 297, 916,
 * 2571), deadlocks and lock timeouts (1205, 1222, 5231, 5245), KILL (596), deferred transactions (7929), "Check
 * terminated" (8921), an error inside of DBCC (8967).
 */
const endedEarly: readonly number[] = [
  102, 155, 156, 229, 262, 297, 319, 596, 916, 1205, 1222, 2571, 5231, 5245, 7929, 8921, 8967,
];

/** Memory, locks, or the space of tempdb; by number as well, because ODBC does not say every severity. */
const noResources: readonly number[] = [
  701, 802, 845, 1101, 1105, 1204, 3958, 3967, 8645, 8651, 9002,
];
/** "Database Engine error severities": 17 and 19 are resources that ran out, and limits. */
const resourceSeverities: readonly number[] = [17, 19];

export function checkVerdict(outcome: StatementOutcome): CheckVerdict {
  const errors = outcome.messages.filter(isError);
  const findings = errors.filter((error) => !isOfSurroundings(error));
  const notes = errors.filter(isOfSurroundings);
  const offline = notes.some(({ number }) => number === offlineInstead);
  if (findings.length > 0)
    return { kind: 'inconsistent', offline, findings, notes, reason: undefined };
  return { ...withoutFindings(outcome, notes, offline), offline, findings, notes };
}

function withoutFindings(
  { ok, connectionLost }: StatementOutcome,
  notes: readonly SqlMessage[],
  offline: boolean,
): Pick<CheckVerdict, 'kind' | 'reason'> {
  const [first] = notes;
  if (!first) return { kind: ok ? 'clean' : 'unknown', reason: undefined };
  const ended = notes.find((note) => !isOfSnapshot(note));
  if (ended || connectionLost) return { kind: 'not-made', reason: ended ?? first };
  const locked = notes.findLast(({ number }) => noLock.includes(number));
  if (!locked && offline) return { kind: 'clean', reason: undefined };
  return { kind: 'given-up', reason: locked ?? first };
}

function isOfSnapshot({ number }: SqlMessage): boolean {
  return snapshotTrouble.includes(number) || noLock.includes(number);
}

function isOfSurroundings(error: SqlMessage): boolean {
  const { number, severity } = error;
  return (
    isOfSnapshot(error) ||
    endedEarly.includes(number) ||
    noResources.includes(number) ||
    resourceSeverities.includes(severity)
  );
}
