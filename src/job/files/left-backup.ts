// What a killed run left under the name of a partial file, where that is a whole backup: SQL Server may count on it, and
// may have truncated a log that is nowhere else.

import { openBackup } from '../../archive/reader/archive-reader.ts';
import type { StoredBackup } from '../../archive/reader/stored-archive.ts';
import type { Emit } from '../../base/events.ts';
import { maxBlockSize, minBlockSize } from '../../base/platform/sql-server-limits.ts';
import { blockHeaderBytes } from '../../mtf/block.ts';
import { filemarkAt } from '../../mtf/mssqlbak/container.ts';
import { moveDurably } from '../../storage/file/durable-move.ts';
import { fileAt, isSame } from '../../storage/file/file-identity.ts';
import { unconfirmedPath, waitingName } from '../../storage/file/unconfirmed-name.ts';
import { ioFailure } from '../../storage/io-failure.ts';
import { readSome, type Source } from '../../storage/source.ts';
import { describeBackup } from '../sets/backup-description.ts';

/**
 * Gives a whole backup that bears the name of a partial file the name of an unconfirmed one, durably, and says so. False
 * when it is none, or bears its final name already: then it may be removed. Failure `io`.
 */
export async function keepLeftBackup(partialPath: string, emit: Emit): Promise<boolean> {
  const setId = await leftSetId(partialPath);
  const { final } = waitingName(partialPath) ?? {};
  if (setId === undefined || final === undefined) return false;
  const path = unconfirmedPath(final, setId);
  if ((await isOneFile(partialPath, final)) || (await isOneFile(partialPath, path))) return false;
  await moveDurably(partialPath, path).catch((thrown: unknown) => {
    throw ioFailure(`rename to ${path}`, partialPath, thrown);
  });
  emit({
    event: 'warning',
    code: 'unconfirmed-kept',
    message: `a run that was killed left a whole backup, which is kept as ${path}: SQL Server may count on it`,
    hint: `Ask SQL Server whether it does, and finish the backup: vdibackup finish ${path}`,
  });
  return true;
}

/** Its setId or MediaSetId; undefined when it is no backup, or not all of one. */
async function leftSetId(path: string): Promise<string | undefined> {
  const backup = await openBackup(path).catch(() => undefined);
  if (!backup) return undefined;
  try {
    return (await isWhole(backup)) ? (await describeBackup(backup, 1, 1)).set : undefined;
  } catch {
    return undefined;
  } finally {
    await backup.source.close();
  }
}

/** An archive has its ends once it is sealed. A bare backup ends with a filemark, which only its last bytes show at once. */
async function isWhole(backup: StoredBackup): Promise<boolean> {
  if (backup.form === 'archive') return backup.ends !== undefined;
  return backup.form !== 'zstd' && endsWithFilemark(backup.source);
}

async function endsWithFilemark(source: Source): Promise<boolean> {
  for (let size = minBlockSize; size <= Math.min(maxBlockSize, source.bytes); size *= 2) {
    const block = await readSome(source, source.bytes - size, blockHeaderBytes);
    if (filemarkAt(block) !== undefined) return true;
  }
  return false;
}

async function isOneFile(path: string, other: string): Promise<boolean> {
  const found = await fileAt(other).catch(() => undefined);
  return found !== undefined && isSame(found, await fileAt(path));
}
