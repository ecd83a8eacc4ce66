// One step of a run at which something can go wrong: a call on a file, a call of the device, a batch sent to SQL Server.

/** Where in the run a step lies. */
export const moments = [
  'opening',
  'configuring',
  'first',
  'middle',
  'last',
  'inside Flush',
  'inside Complete',
  'before the verdict',
  'publishing',
] as const;
export type Moment = (typeof moments)[number];

interface StepBase {
  /** Short and the same on every machine: part of the case's name. */
  readonly name: string;
  readonly moment: Moment;
}

/** The `number`-th `call` on a file whose path ends in `path`; `{folder}` stands for the rig's. */
export interface FileStep extends StepBase {
  readonly kind: 'file';
  readonly call: string;
  readonly path: string;
  readonly number: number;
  readonly role: FileRole;
}

export type FileRole = 'partial' | 'target' | 'folder' | 'source';

/** The `number`-th `call` of the `set`-th device set, both from 1. */
export interface DeviceStep extends StepBase {
  readonly kind: 'device';
  readonly call: string;
  readonly number: number;
  readonly set: number;
}

/** The `set`-th BACKUP or RESTORE while its devices move bytes, and what follows until its verdict. */
export interface StatementStep extends StepBase {
  readonly kind: 'statement';
  readonly set: number;
  /** Bytes that the devices have moved then. */
  readonly at: number;
  readonly operation: string;
}

/** The `number`-th batch, or login, of the run. */
export interface BatchStep extends StepBase {
  readonly kind: 'batch' | 'login';
  readonly number: number;
  readonly text: string;
  /** SQL Server has said how the backup or restore ended: the answer is for the words of the last line only. */
  readonly isComfort: boolean;
  /** Of the session in which a drill drops its database: SQL Server has two minutes for it. */
  readonly isDrop: boolean;
}

export type Step = FileStep | DeviceStep | StatementStep | BatchStep;
