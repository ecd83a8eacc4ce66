import type { Assertion } from './drill-script.ts';
import type { RestoreRequest } from './restore-request.ts';

export type { Assertion };

/** One drill, validated and frozen: a restore under a name that is made up, and what must be true of it. */
export interface DrillRequest
  extends Omit<RestoreRequest, 'database' | 'replace' | 'end' | 'dryRun'> {
  readonly assertions: readonly Assertion[];
}
