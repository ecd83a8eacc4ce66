// Which databases a stored file holds backups of, as far as the file itself says.

import { openBackup } from '../../archive/reader/archive-reader.ts';
import type { StoredArchive, StoredBackup } from '../../archive/reader/stored-archive.ts';
import { Failure } from '../../base/errors.ts';
import { systemErrorName } from '../../storage/io-failure.ts';
import { describeBackup } from '../sets/backup-description.ts';

/** Absent fields are unknown. */
export interface BackupOwner {
  readonly database?: string | undefined;
  /** The instance as it named itself. */
  readonly server?: string | undefined;
  /** FamilyGUID: the database whatever its name, and every copy restored of it. */
  readonly familyId?: string | undefined;
}

/** Backup sets of one file that are looked at. A file that a run replaces every day holds one. */
const maxSets = 64;

/**
 * One owner per backup set; none for a file that does not exist, is no backup, or is damaged where it would say it.
 * Failure `io` for a file that cannot be read, unless another program holds it.
 */
export async function ownersOf(path: string): Promise<readonly BackupOwner[]> {
  const backup = await readable(openBackup(path));
  if (!backup) return [];
  try {
    return (await readable(owners(backup))) ?? [];
  } finally {
    await backup.source.close();
  }
}

/** Undefined for what nobody could restore. */
async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof Failure && isUnknown(thrown)) return undefined;
    throw thrown;
  }
}

/** Windows: a program may hold the file for a moment only (EBUSY); if it still does at the end, the rename says so. */
function isUnknown({ kind, code, cause }: Failure): boolean {
  return kind === 'integrity' || code === 'not-found' || systemErrorName(cause) === 'EBUSY';
}

function owners(backup: StoredBackup): Promise<readonly BackupOwner[]> {
  return backup.form === 'archive' ? ownerOfArchive(backup) : setsOf(backup, maxSets);
}

/** The header decides on the name; the family is in the trailer, in older archives only in the stream. */
async function ownerOfArchive(archive: StoredArchive): Promise<readonly BackupOwner[]> {
  const { database, server } = archive.header;
  const stored = archive.ends?.trailer.mtf?.set?.familyId;
  const familyId = stored ?? (await familyInside(archive));
  return [{ database, server, familyId }];
}

async function familyInside(archive: StoredArchive): Promise<string | undefined> {
  return (await readable(setsOf(archive, 1)))?.[0]?.familyId;
}

async function setsOf(backup: StoredBackup, most: number): Promise<readonly BackupOwner[]> {
  return (await describeBackup(backup, 1, most)).sets;
}
