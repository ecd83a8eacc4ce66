import type { Abort } from '../abort.ts';
import type { BackupSummary, Emit } from '../events.ts';
import type { BackupRequest } from './backup-request.ts';

/** The story of one backup. Throws the root cause; returns only after a durable success. */
export async function backupJob(
  _request: BackupRequest,
  _abort: Abort,
  _emit: Emit,
): Promise<BackupSummary> {
  throw new Error('not written yet');
}
