// Which of the user's `--with` options each RESTORE of a chain says: some have their place in one of them only.

import { Failure } from '../../base/errors.ts';
import { parseWithOptions, withoutOptions } from '../../sql/statement/with-options.ts';
import type { RestoreRequest } from '../request/restore-request.ts';

/** About the database in use: SQL Server refuses KEEP_… beside NORECOVERY, and brokers begin with the recovery. */
const recoveringWords = [
  'KEEP_CDC',
  'KEEP_REPLICATION',
  'ENABLE_BROKER',
  'ERROR_BROKER_CONVERSATIONS',
  'NEW_BROKER',
  'RESTRICTED_USER',
];
/** Begins a piecemeal restore, which the others continue. */
const firstWords = ['PARTIAL'];

/** Throws `Failure('usage')` when no step could say what is wished. */
export function checkWords({ with: options, end }: RestoreRequest): void {
  if (options === undefined || end.kind !== 'norecovery') return;
  const word = parseWithOptions(options).find(({ name }) => recoveringWords.includes(name));
  if (!word) return;
  throw new Failure(
    'option-without-recovery',
    `--with says ${word.name}, which belongs to the restore that recovers the database`,
    {
      hints: ['Leave it out here, and say it with the last restore, the one without --norecovery.'],
    },
  );
}

export function wordsOf(
  options: string | undefined,
  isFirst: boolean,
  isLast: boolean,
): string | undefined {
  if (options === undefined) return undefined;
  const elsewhere = [...(isFirst ? [] : firstWords), ...(isLast ? [] : recoveringWords)];
  return withoutOptions(options, elsewhere);
}
