import { Failure } from '../base/errors.ts';
import type { FailureCode } from '../base/failure-codes.ts';

/** A command line that cannot be carried out: exit 2, said in one line before anything is touched. */
export function usageError(code: FailureCode<'usage'>, message: string, hint?: string): Failure {
  return new Failure(code, message, hint === undefined ? {} : { hints: [hint] });
}
