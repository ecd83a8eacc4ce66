// Where the log of a database that is being restored stands, and whether a backup goes onto it: by LSN, recovery path and
// point in time, as "Recovery Paths" and RESTORE Arguments (STOPAT) of Microsoft's documentation describe it.

import { backupMessages } from './backup-message.ts';
import { DeviceFailure } from './device-failure.ts';
import { date } from './mtf-reader.ts';
import type { ServerMessage } from './sql-error.ts';

/** How far a database was rolled forward. */
export interface Reached {
  readonly lsn: bigint;
  readonly fork: string;
  /** A RESTORE with STOPAT found its point. */
  readonly stopped: boolean;
}

export interface RolledForward {
  readonly reached: Reached;
  /** The point of STOPAT lies beyond this log: the database waits for the next one. */
  readonly wantsMore: ServerMessage | undefined;
}

const firstLsnAt = 32;
const lastLsnAt = 42;
const startedAt = 77;
const forkAt = 156;
const forkPointAt = 172;
const firstForkAt = 184;

/** A full or differential backup: whatever was there before does not count. */
export function restoredTo(scin: Buffer): Reached {
  return { lsn: lsn(scin, lastLsnAt), fork: guid(scin, forkAt), stopped: false };
}

/** `reached` is undefined for a database whose past is not known: it takes every log. */
export function rollForward(
  scin: Buffer,
  reached: Reached | undefined,
  stopAt: string | undefined,
): RolledForward {
  if (reached) refuse(scin, reached);
  const point = stopAt === undefined ? undefined : new Date(stopAt);
  const started = date(scin, startedAt);
  // A log backup holds what was logged up to about its start.
  const isShort = point !== undefined && started !== null && started < point;
  return {
    reached: { ...restoredTo(scin), stopped: point !== undefined && !isShort },
    wantsMore: isShort ? backupMessages.beforeStopAt() : undefined,
  };
}

function refuse(scin: Buffer, reached: Reached): void {
  const [first, last] = [lsn(scin, firstLsnAt), lsn(scin, lastLsnAt)];
  if (reached.stopped) throw new DeviceFailure([backupMessages.stopAtTooEarly()]);
  if (last <= reached.lsn) throw new DeviceFailure([backupMessages.logTooEarly(last, reached.lsn)]);
  if (first > reached.lsn)
    throw new DeviceFailure([backupMessages.logTooRecent(first, reached.lsn)]);
  if (!isOnPath(scin, reached)) throw new DeviceFailure([backupMessages.otherRecoveryPath()]);
}

function isOnPath(scin: Buffer, { lsn: at, fork }: Reached): boolean {
  if (guid(scin, forkAt) === fork) return true;
  return guid(scin, firstForkAt) === fork && at <= lsn(scin, forkPointAt);
}

function lsn(scin: Buffer, at: number): bigint {
  const [file, block, slot] = [
    scin.readUInt32LE(at),
    scin.readUInt32LE(at + 4),
    scin.readUInt16LE(at + 8),
  ];
  return BigInt(file) * 10n ** 15n + BigInt(block) * 10n ** 5n + BigInt(slot);
}

function guid(scin: Buffer, at: number): string {
  return scin.toString('hex', at, at + 16);
}
