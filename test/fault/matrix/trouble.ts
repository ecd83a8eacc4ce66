// What can go wrong with a step, and how the stand-in or the witness is told to do it. The tables: file-trouble.ts,
// server-trouble.ts.

import type { BatchFault, Fault, LoginFault } from '../../standin/fault.ts';

/**
 * fatal: there can be no success any more. harmless: there must be one. either: the run may cope or not, but must be
 * true to its word. hang: nothing goes on until somebody ends it.
 */
export type Effect = 'fatal' | 'harmless' | 'either' | 'hang';

export interface Trouble {
  readonly name: string;
  readonly effect: Effect;
  /** Exit codes a run may end with because of it. */
  readonly codes: readonly number[];
  readonly witness?: string;
  readonly statement?: Fault;
  readonly batch?: BatchFault;
  readonly login?: LoginFault;
  /** `VDI_STANDIN_SCRIPT`: in force from Create on. */
  readonly script?: string;
  /** All connections are cut as soon as the moment has come. */
  readonly cut?: true;
  /** SQL Server does not answer: the bounds of the teardown apply instead of the one second. */
  readonly unresponsive?: true;
  /** The Win32 code SQL Server must be told, where a command is at hand to tell it with. */
  readonly win32?: number;
}

/** Long for a person, short for a stall. */
export const slowMs = 250;
/** Longer than any case may take. */
export const hangMs = 60_000;

export const stalled = [12];

/** Whether something does not come back, needed or not. */
export function hangs({ name, effect }: Trouble): boolean {
  return effect === 'hang' || name === 'hang';
}
