// What whoever reads a backup prints of one of which SQL Server's verdict is not known.

import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import { waitingName } from '../../storage/file/unconfirmed-name.ts';

interface UnconfirmedWarning {
  readonly event: 'warning';
  readonly code: 'unconfirmed';
  readonly message: string;
  readonly hint: string;
}

/** An archive says it in its trailer, a bare backup only by its name. Undefined where nothing is to be printed. */
export function unconfirmedWarning(backup: StoredBackup): UnconfirmedWarning | undefined {
  const { name } = backup.source;
  const waits = waitingName(name) !== undefined;
  if (backup.form === 'archive' ? !isSealedOnly(backup) : !waits) return undefined;
  return {
    event: 'warning',
    code: 'unconfirmed',
    message: `${name}: whether SQL Server called this backup a success was not recorded`,
    hint: waits
      ? `SQL Server knows whether it counts on it: vdibackup finish ${name}`
      : 'SQL Server knows whether it counts on it: rename it to FILE.partial for vdibackup finish.',
  };
}

function isSealedOnly({ ends }: Extract<StoredBackup, { form: 'archive' }>): boolean {
  return ends !== undefined && ends.trailer.finished === undefined;
}
