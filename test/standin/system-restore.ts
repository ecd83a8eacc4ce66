// What is different about RESTORE of the system databases, as "Back Up and Restore of System Databases" and the texts of the
// messages say it.

import { DeviceFailure } from './device-failure.ts';
import type { DeviceOptions } from './device-options.ts';
import type { Instance } from './instance.ts';
import { errorMessage as error, type ServerMessage } from './sql-error.ts';
import type { DeviceStatement } from './statement.ts';

const messages = {
  notSingleUser: () =>
    error(
      3108,
      'To restore the master database, the server must be running in single-user mode. For information on starting in single-user mode, see "How to: Start an Instance of SQL Server (sqlservr.exe)" in Books Online.',
    ),
  singleStep: () =>
    error(
      3109,
      'Master can only be restored and fully recovered in a single step using a full database backup. Options such as NORECOVERY, STANDBY, and STOPAT are not supported.',
    ),
  onlyMaster: () =>
    error(
      3112,
      'Cannot restore any database other than master when the server is in single user mode.',
    ),
  otherBuild: (device: string, theirs: string, ours: string) =>
    error(
      3168,
      `The backup of the system database on the device ${device} cannot be restored because it was created by a different version of the server (${theirs}) than this server (${ours}).`,
    ),
  cannotMove: () => error(3179, 'The system database cannot be moved by RESTORE.'),
  masterRestored: () => ({
    ...error(3150, 'The master database has been successfully restored. Shutting down SQL Server.'),
    severity: 10,
  }),
};

export const { masterRestored } = messages;

const system = ['master', 'model', 'msdb'];

export function isMaster(name: string | undefined): boolean {
  return name?.toLowerCase() === 'master';
}

/** Throws DeviceFailure for what RESTORE refuses before it touches a device. */
export function checkSystemRestore(
  { singleUser }: Instance,
  name: string,
  { operation, moves }: DeviceStatement,
  options: DeviceOptions,
): void {
  const refuse = (message: ServerMessage) => {
    throw new DeviceFailure([message]);
  };
  if (!isMaster(name) && singleUser) refuse(messages.onlyMaster());
  if (!system.includes(name.toLowerCase())) return;
  if (moves.length > 0) refuse(messages.cannotMove());
  if (!isMaster(name)) return;
  if (!singleUser) refuse(messages.notSingleUser());
  const hasSteps = operation === 'RESTORE LOG' || options.leavesRestoring;
  if (hasSteps || options.stopAt !== undefined) refuse(messages.singleStep());
}

/** Throws DeviceFailure when the backup of a system database is of another build. */
export function checkBuild(
  { versionParts }: Instance,
  name: string | undefined,
  scin: Buffer | undefined,
  device: string,
): void {
  if (!system.includes(name?.toLowerCase() ?? '') || !scin) return;
  const version = scin.readUInt32LE(24);
  const theirs = [version >>> 24, (version >>> 16) & 0xff, version & 0xffff].join('.');
  const ours = versionParts.slice(0, 3).join('.');
  if (theirs !== ours) throw new DeviceFailure([messages.otherBuild(device, theirs, ours)]);
}
