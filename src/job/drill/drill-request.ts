import type { RestoreRequest } from '../request/restore-request.ts';
import type { ConsistencyWishes } from './drill-consistency.ts';
import type { Assertion } from './drill-script.ts';

export type { Assertion };

/** One drill, validated and frozen: a restore under a name that is made up, and what must be true of it. */
export interface DrillRequest
  extends Omit<RestoreRequest, 'database' | 'replace' | 'verify' | 'tail' | 'end' | 'dryRun'> {
  readonly assertions: readonly Assertion[];
  /** Which check the database shall pass; undefined is none. */
  readonly checkdb?: ConsistencyWishes;
}
