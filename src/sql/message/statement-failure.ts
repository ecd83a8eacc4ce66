// From what SQL Server said while it ended a statement to the one Failure the user reads. Which numbers mean what is
// message-table.ts; here is only the order in which the evidence counts.

import { Failure } from '../../base/errors.ts';
import type { SqlMessage, StatementOutcome } from '../sql-session.ts';
import type { Situation } from './explanation.ts';
import { explanationOf } from './message-table.ts';
import { isAbortConsequence, rootCause, saysVerified, verdictOf } from './messages.ts';

/**
 * The failure of a BACKUP or RESTORE that ended with `outcome`, or `undefined` when SQL Server said that it succeeded
 * (`verdictOf` has the rule; a lost connection after it does not matter).
 */
export function statementFailure(
  outcome: StatementOutcome,
  situation: Situation = {},
): Failure | undefined {
  const verdict = verdictOf(outcome.messages);
  if (verdict === 'success') return undefined;
  const failure = failureOf(outcome, situation) ?? noSuccess();
  return verdict === 'contradiction' ? contradicted(failure) : failure;
}

/** The failure of any other statement, or `undefined` when it ended without an error. */
export function queryFailure(
  outcome: StatementOutcome,
  situation: Situation = {},
): Failure | undefined {
  return outcome.ok ? undefined : failureOf(outcome, situation);
}

/** The failure of a RESTORE VERIFYONLY: only Msg 3262 and an end without any error say that a backup is valid. */
export function verificationFailure(
  outcome: StatementOutcome,
  situation: Situation = {},
): Failure | undefined {
  if (outcome.ok && saysVerified(outcome.messages)) return undefined;
  return failureOf(outcome, situation) ?? notVerified();
}

function failureOf(outcome: StatementOutcome, situation: Situation): Failure | undefined {
  const cause = rootCause(outcome.messages);
  if (cause && !(outcome.connectionLost && isAbortConsequence(cause)))
    return failureFromMessage(cause, situation, outcome.error);
  if (outcome.connectionLost) return connectionLost(outcome.error);
  if (outcome.error) return driverFailure(outcome.error);
  return undefined;
}

/** SQL Server's own words and number, with the code and next steps that number stands for. */
export function failureFromMessage(
  message: SqlMessage,
  situation: Situation = {},
  cause?: Error,
): Failure {
  const { code, hints } = explanationOf(message, situation);
  return new Failure(code, `SQL Server ended the statement: ${spoken(message)}`, {
    hints,
    cause,
  });
}

/** `Msg 3023: Backup, file manipulation … completed`, on one line and without the final period. */
export function spoken(message: SqlMessage): string {
  const words = message.text.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  return `Msg ${message.number}: ${words}`;
}

function noSuccess(): Failure {
  return new Failure(
    'no-success-message',
    'SQL Server ended the statement without saying that it succeeded (Msg 3014)',
    { hints: ["Look at SQL Server's error log for the time of this run."] },
  );
}

function contradicted(failure: Failure): Failure {
  return failure.with({
    message: `${failure.message}, after it had reported success (Msg 3014)`,
    hints: [...failure.hints, "Look at SQL Server's error log for the time of this run."],
  });
}

function notVerified(): Failure {
  return new Failure(
    'no-success-message',
    'SQL Server ended the verification without saying that the backup set is valid (Msg 3262)',
    { hints: ["Look at SQL Server's error log for the time of this run."] },
  );
}

function connectionLost(cause: Error | undefined): Failure {
  return new Failure(
    'connection-lost',
    'the connection to SQL Server was lost before the statement ended',
    {
      cause,
      hints: [
        "Look at SQL Server's error log: was the instance stopped or restarted, or the session killed?",
      ],
    },
  );
}

function driverFailure(error: Error): Failure {
  if ('code' in error && error.code === 'ECANCEL')
    return new Failure('statement-cancelled', 'the statement was cancelled');
  return new Failure('statement-failed', `the statement failed: ${error.message}`, {
    cause: error,
  });
}
