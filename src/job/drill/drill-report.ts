// The evidence of a drill: an object for machines (stdout, JUnit), stable.

import type { RestoreStepSummary } from '../../base/events.ts';

export interface DrillReport {
  readonly job: 'drill';
  /** `failed`: restored, but wrong. `not-restored`: it never came to that. `broken-off`: restored, not examined to the end. */
  readonly verdict: 'passed' | 'failed' | 'not-restored' | 'broken-off';
  /** Why it did not pass, as the last line says it. */
  readonly reason?: string;
  /** As given, absolute. */
  readonly files: readonly string[];
  /** The throw-away name. */
  readonly database: string;
  /** False when the throw-away database could not be dropped. */
  readonly dropped: boolean;
  readonly server?: { readonly name: string; readonly version: string; readonly edition: string };
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly finished: string;
  readonly restore: DrillCheck & {
    readonly rawBytes: number;
    readonly storedBytes: number;
    readonly steps: readonly RestoreStepSummary[];
  };
  readonly checkdb: DatabaseCheck;
  readonly assertions: readonly DrillAssertion[];
  /** Recovery time: from the start until the database was there, ms. Absent when it never was. */
  readonly rtoMs?: number;
  /** Recovery point: how old the data was when the drill began. Absent when the backup does not say. */
  readonly rpo?: { readonly dataAsOf: string; readonly ageMs: number };
}

export interface DrillCheck {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly elapsedMs: number;
  /** Why it failed, in SQL Server's words where it said some; of a restore that passed, the damage that it met. */
  readonly messages: readonly string[];
}

export interface DatabaseCheck extends DrillCheck {
  /** The checks that were made, as T-SQL names them, e.g. `DBCC CHECKDB WITH PHYSICAL_ONLY`. */
  readonly ran: readonly string[];
  /** Errors of SQL Server that say nothing of the database, such as why there was no snapshot. */
  readonly notes: readonly string[];
  /** Why it was skipped. */
  readonly reason?: string;
}

export interface DrillAssertion extends DrillCheck {
  readonly name: string;
  readonly query: string;
  readonly expected: string;
  /** Absent when the query gave no value. */
  readonly actual?: string;
}

export const unchecked: DatabaseCheck = {
  outcome: 'skipped',
  elapsedMs: 0,
  messages: [],
  ran: [],
  notes: [],
};

export const skipped: DrillCheck = { outcome: 'skipped', elapsedMs: 0, messages: [] };
