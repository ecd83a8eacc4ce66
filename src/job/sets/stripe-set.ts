// Whether the files that were named make whole sets: every stripe once, all of the same backups.

import type { FailureCode } from '../../base/failure-codes.ts';

export interface StripeProblem {
  readonly code: FailureCode<'usage'>;
  readonly message: string;
}

export interface StripePlace {
  readonly set: string;
  /** From 1. */
  readonly stripe: number;
  readonly stripes: number;
  /** The same text for the same backup sets in the same order: stripes that belong together share it. */
  readonly backups?: string;
}

/** What is missing or too much, one damage per set and problem. */
export function checkStripeSets(places: readonly StripePlace[]): StripeProblem[] {
  return [...grouped(places, ({ set }) => set)].flatMap(([set, stripes]) =>
    checkMedium(set, stripes),
  );
}

/**
 * One media set may be there several times, as it was before and after further backups were appended; then each time it
 * must be whole. Media of one stripe always are.
 */
function checkMedium(set: string, places: readonly StripePlace[]): StripeProblem[] {
  const times = [...grouped(places, ({ backups }) => backups)].map(([, each]) => each);
  const damage = times.flatMap((each) => checkSet(set, each));
  if (times.length === 1 || damage.length === 0) return damage;
  const message = `the stripes of set ${set} do not hold the same backups`;
  return [{ code: 'stripe-backups', message }];
}

function checkSet(set: string, places: readonly StripePlace[]): StripeProblem[] {
  const stripes = places.map((place) => place.stripe);
  const counts = new Set(places.map((place) => place.stripes));
  if (counts.size > 1) {
    const message = `the stripes of set ${set} do not agree how many they are: ${[...counts].join(', ')}`;
    return [{ code: 'stripe-counts', message }];
  }
  const [total = 0] = counts;
  const twice = new Set(stripes.filter((stripe, index) => stripes.indexOf(stripe) !== index));
  const missing = Array.from({ length: total }, (_, index) => index + 1).filter(
    (stripe) => !stripes.includes(stripe),
  );
  return [
    ...said('stripe-twice', [...twice], (list) => `stripe ${list} of set ${set} was named twice`),
    ...said(
      'stripe-missing',
      missing,
      (list) => `stripe ${list} of ${total} of set ${set} was not named: a set is only good whole`,
    ),
  ];
}

/** Numbers said one by one: whoever forged a stripe count of 65535 shall not fill the terminal. */
const mostSaid = 64;

function said(
  code: StripeProblem['code'],
  stripes: readonly number[],
  words: (list: string) => string,
): StripeProblem[] {
  if (stripes.length === 0) return [];
  const more = stripes.length > mostSaid ? ` and ${stripes.length - mostSaid} more` : '';
  return [{ code, message: words(`${stripes.slice(0, mostSaid).join(', ')}${more}`) }];
}

function grouped<K>(
  places: readonly StripePlace[],
  keyOf: (place: StripePlace) => K,
): Map<K, StripePlace[]> {
  const groups = new Map<K, StripePlace[]>();
  for (const place of places) {
    const key = keyOf(place);
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return groups;
}
