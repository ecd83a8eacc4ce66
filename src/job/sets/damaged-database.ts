// Whether a stored backup was taken of a database that was damaged then. SQL Server marks the set (IsDamaged of RESTORE
// HEADERONLY); an archive also keeps Msg 3042 in its trailer, whatever can be seen of the set.

import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { saysDamagedDatabase } from '../../sql/message/damage-notice.ts';

/** `isMarked`: a set in it is. */
export function isOfDamagedDatabase(backup: StoredBackup, isMarked: boolean): boolean {
  const messages = backup.form === 'archive' ? (backup.ends?.trailer.messages ?? []) : [];
  return isMarked || saysDamagedDatabase(messages);
}
