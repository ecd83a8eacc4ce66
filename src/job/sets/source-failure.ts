import { Failure } from '../../base/errors.ts';
import type { FailureCode } from '../../base/failure-codes.ts';

/** Codes of failures that a Read completed with an error can lead to. */
const consequences: readonly FailureCode[] = ['damaged-backup', 'device-error', 'aborted'];

/**
 * Why a RESTORE failed: where SQL Server only reports that it could not read on, the source's own failure says more,
 * whichever of the two is heard of first. Undefined when it did not fail.
 */
export function rootCauseOf(
  statement: Failure | undefined,
  source: Error | undefined,
): Failure | undefined {
  const isConsequence = statement !== undefined && consequences.includes(statement.code);
  return isConsequence && source instanceof Failure ? source : statement;
}
