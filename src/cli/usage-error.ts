import { Failure } from '../errors.js';

/** A command line that cannot be carried out: exit 2, said in one line before anything is touched. */
export function usageError(code: string, message: string, hint?: string): Failure {
  return new Failure('usage', code, message, hint === undefined ? {} : { hints: [hint] });
}
