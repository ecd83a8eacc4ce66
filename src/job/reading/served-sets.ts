// The backup sets in stored files, one by one, as RESTORE … ONLY is asked about them: FILE = 1, 2, … of each media set.

import { Failure } from '../../base/errors.ts';
import type { BackupSet } from '../../mtf/backup-set.ts';
import type { RestoreSet } from '../sets/restore-sets.ts';

export interface ServedSet extends Pick<RestoreSet, 'backups' | 'blockSize'> {
  /** For a person. */
  readonly title: string;
  /** From 1, of so many. */
  readonly position: number;
  readonly sets: number;
  /** Undefined when only reading the whole file would tell. */
  readonly facts: BackupSet | undefined;
  /** The backup has checksums, so a server that finds none must say so. */
  readonly checksum: boolean;
}

/** A file whose backup sets were counted when it was read to its end. */
interface CountedFile {
  readonly file: string;
  readonly sets?: number;
}

/** Backup sets that a medium can hold: their positions are numbers of 16 bits. */
const maxSets = 0xffff;

/**
 * Every set of `media`: as many as were counted when the files were `verified`. Failure `integrity` for more than there
 * can be: SQL Server would be asked about each.
 */
export function servedSets(
  media: readonly RestoreSet[],
  verified: readonly CountedFile[],
): ServedSet[] {
  return media.flatMap((medium) => {
    const names = medium.backups.map(({ source }) => source.name);
    const counted = verified.filter(({ file }) => names.includes(file)).map(({ sets = 0 }) => sets);
    const sets = Math.max(1, medium.sets.length, ...counted);
    if (sets > maxSets) throw tooManySets(medium.name, sets);
    return Array.from({ length: sets }, (_, index) => servedSet(medium, sets, index + 1));
  });
}

function servedSet(medium: RestoreSet, sets: number, position: number): ServedSet {
  const { name, backups, blockSize } = medium;
  const facts = medium.sets[position - 1];
  const title = sets > 1 ? `${name}, set ${position} of ${sets}` : name;
  const checksum = facts?.hasBackupChecksums ?? false;
  return { title, backups, blockSize, sets, position, facts, checksum };
}

function tooManySets(name: string, sets: number): Failure {
  const message = `${name} claims ${sets} backup sets, and a medium has room for ${maxSets}`;
  return new Failure('too-many-sets', message, {
    hints: ['This was not written by SQL Server: find out where the file comes from.'],
  });
}
