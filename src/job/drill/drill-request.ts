import type { RestoreRequest } from '../request/restore-request.js';
import type { Assertion } from './drill-script.js';

export type { Assertion };

/** One drill, validated and frozen: a restore under a name that is made up, and what must be true of it. */
export interface DrillRequest
  extends Omit<RestoreRequest, 'database' | 'replace' | 'end' | 'dryRun'> {
  readonly assertions: readonly Assertion[];
}
