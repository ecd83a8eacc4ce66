// The backup sets in stored files, one by one, as RESTORE … ONLY is asked about them: FILE = 1, 2, … of each media set.

import type { MtfSet } from '../../mtf/facts.js';
import type { RestoreSet } from '../sets/restore-sets.js';
import type { VerifiedFile } from '../verify/verify-report.js';

export interface ServedSet extends Pick<RestoreSet, 'backups' | 'blockSize'> {
  /** For a person. */
  readonly title: string;
  /** From 1, of so many. */
  readonly position: number;
  readonly sets: number;
  /** Undefined when only reading the whole file would tell. */
  readonly facts: MtfSet | undefined;
  /** The backup has checksums, so a server that finds none must say so. */
  readonly checksum: boolean;
}

/** Every set of `media`: as many as were counted when the files were `verified`. */
export function servedSets(
  media: readonly RestoreSet[],
  verified: readonly Pick<VerifiedFile, 'file' | 'sets'>[],
): ServedSet[] {
  return media.flatMap((medium) => {
    const names = medium.backups.map(({ source }) => source.name);
    const counted = verified.filter(({ file }) => names.includes(file)).map(({ sets = 0 }) => sets);
    const sets = Math.max(1, medium.sets.length, ...counted);
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
