// What can be scripted to go wrong, or to take time, with the next BACKUP or RESTORE (or login).
import type { ControlValue } from './control-line.ts';
import { DeviceFailure } from './device-failure.ts';
import type { ServerMessage } from './sql-error.ts';

/** Keys the native half acts on (PROTOCOL.md); they travel with `begin` as they are. */
export interface DeviceFault {
  readonly flushes?: number;
  readonly tiny?: number;
  readonly mixed?: number;
  readonly slow?: number;
  readonly 'error-at'?: number;
  readonly 'silence-at'?: number;
  readonly 'abort-at'?: string | readonly string[];
  readonly 'hold-complete'?: number;
  readonly 'hold-flush'?: number;
  readonly code?: string | readonly string[];
  readonly 'direction-bit'?: 'write' | 'read' | 'none';
  readonly 'unknown-command'?: string;
  readonly 'silent-abort'?: 1;
  readonly noise?: string;
  readonly limit?: number;
  readonly barrier?: 1;
  readonly guard?: 1;
}

export interface RaisedError {
  readonly number: number;
  readonly text: string;
  readonly severity?: number;
  readonly state?: number;
}

export interface Fault extends DeviceFault {
  /** The TCP connection is destroyed once this many bytes are done; 0: before the device is touched. */
  readonly 'vanish-at'?: number;
  /** With `vanish-at`: the device set is not aborted, so that only the client can notice. */
  readonly 'vanish-keeps-set'?: boolean;
  /** Nothing is answered any more on this connection from the statement on, not even an attention. */
  readonly 'mute-sql'?: boolean;
  /** Milliseconds between the end of the devices and Msg 3014, or the rows of a list. */
  readonly 'delay-3014'?: number;
  /** With `delay-3014`: an attention meanwhile comes too late, 3014 is said all the same. */
  readonly 'late-attention'?: boolean;
  /** The statement succeeds even if its devices were aborted: they had been told that all is durable. */
  readonly 'abort-too-late'?: boolean;
  /**
   * SQL Server carries the backup to its end and records it, but its verdict never arrives: the connection is reset once
   * the client closed its devices (`reset`) or once every device's Complete was answered (`reset-at-complete`), or it swallows
   * every byte from then on (`swallow`).
   */
  readonly 'lose-3014'?: 'reset' | 'reset-at-complete' | 'swallow';
  /** The backup is not recorded, whatever is said or lost: SQL Server gave it up at the last moment. */
  readonly 'rolled-back'?: boolean;
  /** Said after Msg 3014. */
  readonly 'after-3014'?: readonly RaisedError[];
  /** The statement ends without error and without 3014. */
  readonly 'no-3014'?: boolean;
  /** Raised before the device is touched; with `error-at`: raised then, instead of Msg 3043. Msg 3013 follows. */
  readonly error?: RaisedError;
  /** Informational messages or errors sent before the final message, e.g. 3009. */
  readonly messages?: readonly RaisedError[];
  /** RESTORE LOG with STOPAT: nothing was logged after the point, so the log is too short however late it was taken. */
  readonly 'quiet-log'?: boolean;
  /** Milliseconds before the statement reaches the device set. */
  readonly 'delay-begin'?: number;
}

export interface LoginFault {
  /** Milliseconds before the answer to LOGIN7. */
  readonly 'slow-login'?: number;
  /** The login is refused with this instead of being looked at. */
  readonly 'login-error'?: RaisedError;
  /** The connection is destroyed instead of an answer to LOGIN7. */
  readonly 'vanish-at-login'?: boolean;
}

/** Of one batch, whatever it says: before anything of it is carried out. */
export interface BatchFault {
  /** The batch fails with this error. */
  readonly error?: RaisedError;
  /** The connection is destroyed instead of an answer. */
  readonly vanish?: boolean;
  /** Nothing is answered any more on this connection, not even an attention. */
  readonly mute?: boolean;
  /** Milliseconds before it is carried out. */
  readonly delay?: number;
}

const deviceKeys = [
  'flushes',
  'tiny',
  'mixed',
  'slow',
  'error-at',
  'silence-at',
  'abort-at',
  'hold-complete',
  'hold-flush',
  'code',
  'direction-bit',
  'unknown-command',
  'silent-abort',
  'noise',
  'limit',
  'barrier',
  'guard',
] as const satisfies readonly (keyof DeviceFault)[];

export function deviceFaultValues(fault: Fault): Record<string, ControlValue> {
  const values: Record<string, ControlValue> = {};
  for (const key of deviceKeys) {
    const value = fault[key];
    if (value !== undefined) values[key] = value;
  }
  return values;
}

export function serverMessage(error: RaisedError): ServerMessage {
  return {
    number: error.number,
    severity: error.severity ?? 16,
    state: error.state ?? 1,
    text: error.text,
  };
}

export function raised(error: RaisedError): DeviceFailure {
  return new DeviceFailure([serverMessage(error)]);
}
