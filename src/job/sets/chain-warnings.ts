// What a user should know of the order that was found in his backups, before it is carried out.

import type { ChainLink, RestoreChain, SkipReason } from './restore-chain.ts';

interface ChainWarning {
  readonly code: SkipReason | 'renamed';
  readonly message: string;
}

const reasons: Readonly<Record<SkipReason, string>> = {
  'not-needed': 'is not needed: the other backups lead to the same point or beyond',
  'other-fork':
    'is left out: it was taken on a recovery fork that a later restore of the database abandoned',
};

export function chainWarnings({ skipped, renamed }: RestoreChain<ChainLink>): ChainWarning[] {
  const warnings: ChainWarning[] = skipped.map(({ link, reason }) => ({
    code: reason,
    message: `${link.name} ${reasons[reason]}`,
  }));
  if (renamed)
    warnings.push({
      code: 'renamed',
      message: `the database was renamed between these backups: ${renamed.join(', then ')}`,
    });
  return warnings;
}
