// An abort of its own for one statement of a job that may go on when the statement fails.

import { Abort } from '../../base/abort.ts';

/** Ends with `job`, but not the other way round. `release` it when the statement is over. */
export function statementAbort(job: Abort): {
  readonly abort: Abort;
  readonly release: () => void;
} {
  const abort = new Abort();
  const forgetAbort = job.onAbort((cause) => abort.raise(cause));
  const forgetHurry = job.onHurry(() => abort.hurry());
  return {
    abort,
    release: () => {
      forgetAbort();
      forgetHurry();
    },
  };
}
