// The backup sets in stored files, one by one, as RESTORE … ONLY is asked about them: FILE = 1, 2, … of each media set.

import type { MtfSet } from '../archive/mtf-facts.ts';
import { describeBackup } from './backup-description.ts';
import type { RestoreSet } from './restore-sets.ts';

export interface ServedSet extends Pick<RestoreSet, 'backups' | 'blockSize' | 'sets'> {
  /** For a person. */
  readonly title: string;
  /** From 1. */
  readonly position: number;
  readonly facts: MtfSet | undefined;
  /** The backup has checksums, so a server that finds none must say so. */
  readonly checksum: boolean;
}

/** Every set of `media`, which describe their first one. */
export async function servedSets(media: readonly RestoreSet[]): Promise<ServedSet[]> {
  const all: ServedSet[] = [];
  for (const medium of media) {
    const sets = Math.max(1, medium.sets);
    for (let position = 1; position <= sets; position += 1)
      all.push(await servedSet(medium, sets, position));
  }
  return all;
}

async function servedSet(
  { name, backups, blockSize, facts: firstFacts }: RestoreSet,
  sets: number,
  position: number,
): Promise<ServedSet> {
  const facts = position === 1 ? firstFacts : await factsOf(backups, position);
  const title = sets > 1 ? `${name}, set ${position} of ${sets}` : name;
  const checksum = facts?.hasBackupChecksums ?? false;
  return { title, backups, blockSize, sets, position, facts, checksum };
}

async function factsOf([first]: RestoreSet['backups'], position: number) {
  return first && (await describeBackup(first, position)).facts;
}
