// Which backup set of a file is meant, `--with 'FILE = 2'`, and whether there is one: how a set is restored depends on its
// type, and what is not seen would be taken for a full backup.

import { Failure } from '../../base/errors.ts';
import { parseWithOptions } from '../../sql/statement/with-options.ts';
import type { BackupDescription } from './backup-description.ts';

/** From 1; undefined when `options` do not say it. */
export function positionIn(options: string | undefined): number | undefined {
  const all = options?.trim() ? parseWithOptions(options) : [];
  const bare = all.find(({ name }) => name === 'FILE')?.bare;
  const position = Number(/^FILE\s*=\s*(\d+)$/i.exec(bare ?? '')?.[1]);
  return position >= 1 ? position : undefined;
}

/** What was looked into for the set that is meant. */
interface LookedInto {
  readonly name: string;
  readonly seekable: boolean;
  readonly description: Pick<BackupDescription, 'sets' | 'more'>;
}

/** Throws `Failure('usage')` for a position behind the sets of a file, or behind what can be seen of a pipe. */
export function checkPosition(position: number | undefined, looked: LookedInto): void {
  const { sets, more } = looked.description;
  if (position === undefined || position === 1 || position <= sets.length) return;
  if (!looked.seekable) throw unseen(position);
  if (sets.length > 0 && !more) throw behindLast(position, sets.length, looked.name);
}

function unseen(position: number): Failure {
  return new Failure(
    'set-unseen',
    `the backup set at position ${position} (--with FILE) cannot be seen in the head of a pipe`,
    { hints: ['Name the file instead of piping it.'] },
  );
}

function behindLast(position: number, sets: number, name: string): Failure {
  const many = sets === 1 ? '1 backup set' : `${sets} backup sets`;
  return new Failure('no-such-set', `--with says FILE = ${position}, but ${name} holds ${many}`, {
    hints: ['vdibackup info lists them.'],
  });
}
